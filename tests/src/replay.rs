//! What a directory can look like after the power was lost.
//!
//! In the manner of ALICE (Pillai et al., *All File Systems Are Not Created Equal*, OSDI 2014) and CrashMonkey (Mohan et
//! al., *Finding Crash-Consistency Bugs with Bounded Black-Box Crash Testing*, OSDI 2018): the calls of a run are
//! recorded, a prefix of them is taken, and from it a state is built that the file system's promises allow. We promise
//! ourselves no more than POSIX does, which is less than any one file system keeps:
//!
//! * `fsync` and `fdatasync` of a file make what was written to it before durable. Nothing else does; `sync_file_range`
//!   in particular does not.
//! * Of what was written since, each 4 KiB page of each write is there or not, whatever its order.
//! * That a file or folder exists, under which name or not any more, is durable once its folder was synced, and chance
//!   before.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    rng::Rng,
    trace::{Data, Op},
};

const PAGE: usize = 4096;

enum Change<'a> {
    Write(usize, Data<'a>),
    Truncate(usize),
}

#[derive(Default)]
struct Inode<'a> {
    durable: Vec<u8>,
    pending: Vec<Change<'a>>,
}

/// Puts a part of a write into a file, which grows where it has to.
fn put(file: &mut Vec<u8>, offset: usize, data: &Data<'_>, from: usize, to: usize) {
    if file.len() < offset + to {
        file.resize(offset + to, 0);
    }
    data.put(from, to, &mut file[offset + from..offset + to]);
}

impl Inode<'_> {
    fn sync(&mut self) {
        for change in self.pending.drain(..) {
            match change {
                Change::Write(offset, data) => put(&mut self.durable, offset, &data, 0, data.len()),
                Change::Truncate(len) => self.durable.resize(len, 0),
            }
        }
    }

    /// Keeps of what was not synced what chance keeps.
    fn crash(&mut self, rng: &mut Rng, keep: u64) {
        for change in self.pending.drain(..) {
            match change {
                Change::Truncate(len) if rng.chance(keep) => self.durable.resize(len, 0),
                Change::Truncate(_) => {}
                Change::Write(offset, data) => {
                    // Whole writes go or stay as often as single pages do.
                    let whole = rng.chance(50).then(|| rng.chance(keep));
                    let mut from = 0;
                    while from < data.len() {
                        let to = data.len().min((offset + from) / PAGE * PAGE + PAGE - offset);
                        if whole.unwrap_or_else(|| rng.chance(keep)) {
                            put(&mut self.durable, offset, &data, from, to);
                        }
                        from = to;
                    }
                    // The length may be durable where the bytes are not.
                    if rng.chance(20) && self.durable.len() < offset + data.len() {
                        self.durable.resize(offset + data.len(), 0);
                    }
                }
            }
        }
    }
}

enum Naming {
    File(PathBuf, usize),
    Folder(PathBuf),
    Rename(PathBuf, PathBuf, usize),
    Unlink(PathBuf),
}

/// A change of names, and the folders that have to be synced before it is durable.
struct Entry {
    naming: Naming,
    unsynced: Vec<PathBuf>,
}

/// What the system had in memory and on the disk at some point of a trace.
#[derive(Default)]
struct Disk<'a> {
    inodes: Vec<Inode<'a>>,
    by_number: HashMap<u64, usize>,
    by_path: HashMap<PathBuf, usize>,
    entries: Vec<Entry>,
}

fn folder(path: &Path) -> PathBuf {
    path.parent().unwrap().to_owned()
}

impl<'a> Disk<'a> {
    fn name(&mut self, naming: Naming, unsynced: Vec<PathBuf>) {
        self.entries.push(Entry { naming, unsynced });
    }

    fn change(&mut self, ino: u64, change: Change<'a>) {
        let inode = self.by_number.get(&ino).unwrap_or_else(|| panic!("inode {ino} was never created"));
        self.inodes[*inode].pending.push(change);
    }

    fn apply(&mut self, op: &Op<'a>, ignored: &dyn Fn(&Path, bool) -> bool) {
        match op {
            Op::Create(path, ino) => {
                let inode = self.inodes.len();
                self.inodes.push(Inode::default());
                self.by_number.insert(*ino, inode);
                self.by_path.insert(path.clone(), inode);
                self.name(Naming::File(path.clone(), inode), vec![folder(path)]);
            }
            Op::Write(ino, offset, data) => self.change(*ino, Change::Write(*offset, *data)),
            Op::Truncate(ino, len) => self.change(*ino, Change::Truncate(*len)),
            Op::Sync(path, _, data) if ignored(path, *data) => {}
            Op::Sync(path, ino, _) => {
                match self.by_number.get(ino).filter(|_| self.by_path.contains_key(path)) {
                    Some(inode) => self.inodes[*inode].sync(),
                    None => self
                        .entries
                        .iter_mut()
                        .for_each(|entry| entry.unsynced.retain(|folder| folder != path)),
                }
            }
            Op::Rename(from, to) => {
                let inode = self.by_path.remove(from).unwrap();
                self.by_path.insert(to.clone(), inode);
                self.name(Naming::Rename(from.clone(), to.clone(), inode), vec![folder(from), folder(to)]);
            }
            Op::Unlink(path) => {
                self.by_path.remove(path);
                self.name(Naming::Unlink(path.clone()), vec![folder(path)]);
            }
            Op::Mkdir(path) => self.name(Naming::Folder(path.clone()), vec![folder(path)]),
            Op::Mark(_) | Op::SyncRange => {}
        }
    }
}

/// Builds in `target` what `root` could be after the power was lost behind the first `cut` calls of `ops`. `ignored`
/// says which syncs count for nothing (path; whether it is an `fdatasync`).
pub fn power_loss(
    ops: &[Op<'_>],
    cut: usize,
    rng: &mut Rng,
    root: &Path,
    target: &Path,
    ignored: &dyn Fn(&Path, bool) -> bool,
) {
    let mut disk = Disk::default();
    ops[..cut].iter().for_each(|op| disk.apply(op, ignored));
    let keep = [0, 20, 50, 80, 95][rng.below(5) as usize];
    let mut files: HashMap<PathBuf, usize> = HashMap::new();
    let mut folders = vec![root.to_owned()];
    for Entry { naming, unsynced } in disk.entries {
        if !unsynced.is_empty() && !rng.chance(keep) {
            continue;
        }
        match naming {
            Naming::Folder(path) => folders.push(path),
            Naming::File(path, inode) => drop(files.insert(path, inode)),
            Naming::Unlink(path) => drop(files.remove(&path)),
            Naming::Rename(from, to, inode) => {
                files.remove(&from);
                files.insert(to, inode);
            }
        }
    }
    let there = |path: &Path| {
        path.ancestors()
            .take_while(|path| *path != root)
            .all(|path| folders.iter().any(|folder| folder == path))
    };
    let place = |path: &Path| target.join(path.strip_prefix(root).unwrap());
    for path in folders.iter().filter(|path| there(path)) {
        fs::create_dir_all(place(path)).unwrap();
    }
    for inode in &mut disk.inodes {
        inode.crash(rng, keep);
    }
    for (path, inode) in files.iter().filter(|(path, _)| there(&folder(path))) {
        crate::files::write_sparse(&place(path), &disk.inodes[*inode].durable);
    }
}
