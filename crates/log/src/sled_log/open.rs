//! Opening: lock, store, every block once, the remembered tail.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, Write as _},
    path::Path,
};

use proto_events::{Digest, GlobalPosition};

use crate::{
    Broken, Frontier, OpenError, StreamHead, TreeHead, VerifyReport,
    block::Block,
    heads::Heads,
    sled_log::{
        SledLogOptions,
        store::{Store, StoreError},
        tail_file::{self, TailFile},
    },
    verify::Verifier,
};

pub(super) struct Opened {
    pub(super) lock: File,
    pub(super) store: Store,
    pub(super) heads: Heads,
    pub(super) frontier: Frontier,
    pub(super) last_block: Digest,
    pub(super) tail_file: TailFile,
}

fn corrupt(position: GlobalPosition, reason: impl ToString) -> Broken {
    Broken::Corrupt { position, reason: reason.to_string() }
}

fn store_error(directory: &Path, error: StoreError) -> OpenError {
    match error {
        StoreError::Io(source) => OpenError::Io { directory: directory.to_owned(), source },
        StoreError::Damaged(reason) => corrupt(GlobalPosition::new(1), reason).into(),
    }
}

/// Creates the directory if it is not there. However well what is in it is synced, it is lost with a directory whose own
/// entry is not durable.
fn create_durably(directory: &Path) -> io::Result<()> {
    let missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
    let created: Vec<&Path> = directory.ancestors().take_while(missing).collect();
    std::fs::create_dir_all(directory)?;
    // The directory itself always: who created it may have died before it was durable.
    for folder in created.iter().skip(1).chain([&directory]) {
        let Some(parent) = folder.canonicalize()?.parent().map(Path::to_owned) else { continue };
        match File::open(parent).and_then(|parent| parent.sync_all()) {
            // Somebody made it for us in a folder that we may not read; then its entry is theirs to keep.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied && created.is_empty() => {}
            synced => synced?,
        }
    }
    Ok(())
}

/// Takes the directory for this process, or says who has it.
fn lock(directory: &Path, holder: &str) -> Result<File, OpenError> {
    let io = |source| OpenError::Io { directory: directory.to_owned(), source };
    create_durably(directory).map_err(io)?;
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(directory.join("lock"))
        .map_err(io)?;
    match file.try_lock() {
        Ok(()) => {
            file.set_len(0)
                .and_then(|()| file.rewind())
                .and_then(|()| writeln!(file, "{holder}"))
                .map_err(io)?;
            Ok(file)
        }
        Err(std::fs::TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // What the holder wrote is a courtesy; without it the answer is still right.
            let _ = io::Read::by_ref(&mut file).take(1024).read_to_string(&mut holder);
            let holder = match holder.trim() {
                "" => "another process".to_owned(),
                name => name.to_owned(),
            };
            Err(OpenError::Locked { directory: directory.to_owned(), holder })
        }
        Err(std::fs::TryLockError::Error(source)) => Err(io(source)),
    }
}

/// Everything that following the blocks builds up.
pub(super) struct Followed {
    pub(super) frontier: Frontier,
    pub(super) last_block: Digest,
}

/// Follows the blocks that begin after `from`, puts their heads into `heads`, and says what is wrong with the first
/// that does not follow. `remembered` is held against the tree where it is passed.
pub(super) fn follow(
    store: &Store,
    from: Followed,
    heads: &Heads,
    remembered: Option<TreeHead>,
    mut visit: impl FnMut(Block),
) -> Result<Result<Followed, Broken>, StoreError> {
    let mut at = from;
    let mut wrong = None;
    let start = GlobalPosition::new(at.frontier.size()).next();
    let scanned = store.scan(start, |first, stored| {
        match step(&at, first, stored, heads, remembered) {
            Ok(block) => {
                at = Followed { frontier: block.frontier.clone(), last_block: block.digest };
                visit(block);
            }
            Err(broken) => wrong = Some(broken),
        }
        wrong.is_none()
    });
    match (wrong, scanned) {
        (Some(broken), _) => Ok(Err(broken)),
        (None, Ok(())) => Ok(Ok(at)),
        // Everything before it was read.
        (None, Err(StoreError::Damaged(reason))) => {
            Ok(Err(corrupt(GlobalPosition::new(at.frontier.size()).next(), reason)))
        }
        (None, Err(error)) => Err(error),
    }
}

fn step(
    at: &Followed,
    first: GlobalPosition,
    stored: &[u8],
    heads: &Heads,
    remembered: Option<TreeHead>,
) -> Result<Block, Broken> {
    let next = GlobalPosition::new(at.frontier.size()).next();
    if first > next {
        let last = first.get() - 1;
        return Err(corrupt(next, format!("the events {next} to {last} are missing")));
    }
    let block = Block::decode(stored).map_err(|error| corrupt(first, error))?;
    if block.first != first || first != next {
        return Err(corrupt(first, "a block lies where it does not belong"));
    }
    if block.previous != at.last_block {
        return Err(corrupt(first, "a block does not follow the block before it"));
    }
    for head in block.heads() {
        let (head, record) = head.map_err(|error| corrupt(first, error))?;
        let key = heads.key(head.tenant_bytes(record), head.stream_bytes(record));
        heads.set(key, StreamHead { version: head.version, position: head.position });
    }
    if let Some(remembered) = remembered
        && remembered.size == block.frontier.size()
        && remembered != block.frontier.head()
    {
        return Err(corrupt(
            block.last(),
            "the log up to here is not the one that the remembered tail names",
        ));
    }
    Ok(block)
}

/// The log ends before the tail that was remembered: an error that names what is missing.
pub(super) fn cut_tail(end: GlobalPosition, remembered: Option<TreeHead>) -> Option<Broken> {
    let remembered = tail_file::position(remembered?);
    (remembered > end).then(|| {
        let next = end.next();
        corrupt(next, format!("the events {next} to {remembered} were answered as durable and are missing"))
    })
}

fn open_store(directory: &Path, options: &SledLogOptions) -> Result<Store, OpenError> {
    Store::open(&directory.join("sled"), options.cache_bytes).map_err(|error| store_error(directory, error))
}

pub(super) fn open(directory: &Path, options: &SledLogOptions) -> Result<Opened, OpenError> {
    let io = |source| OpenError::Io { directory: directory.to_owned(), source };
    let lock = lock(directory, &options.holder)?;
    let (mut tail_file, remembered) = TailFile::open(&directory.join("tail")).map_err(io)?;
    let store = open_store(directory, options)?;
    let heads = Heads::new();
    let start = Followed { frontier: Frontier::default(), last_block: Digest::new([0; 32]) };
    let followed =
        follow(&store, start, &heads, remembered, drop).map_err(|error| store_error(directory, error))??;
    let end = GlobalPosition::new(followed.frontier.size());
    if let Some(broken) = cut_tail(end, remembered) {
        return Err(broken.into());
    }
    store.check_nothing_spilled().map_err(|error| store_error(directory, error))?;
    // What was found may have been written and never synced: the next answer must not rest on it before it is.
    store.sync().map_err(|error| store_error(directory, error))?;
    if remembered != Some(followed.frontier.head()) {
        tail_file.write(followed.frontier.head()).map_err(io)?;
    }
    store.discard_copy().map_err(io)?;
    Ok(Opened { lock, store, heads, frontier: followed.frontier, last_block: followed.last_block, tail_file })
}

pub(super) fn examine(directory: &Path, options: &SledLogOptions) -> Result<VerifyReport, OpenError> {
    let io = |source| OpenError::Io { directory: directory.to_owned(), source };
    if !directory.join("sled").is_dir() {
        return Err(io(io::Error::new(io::ErrorKind::NotFound, "there is no log here")));
    }
    let _lock = lock(directory, &options.holder)?;
    let (_, remembered) = TailFile::open(&directory.join("tail")).map_err(io)?;
    let mut verifier = Verifier::default();
    let scanned = open_store(directory, options).and_then(|store| {
        store
            .scan(GlobalPosition::START, |first, stored| {
                verifier.block(first, Block::decode(stored));
                true
            })
            .map_err(|error| store_error(directory, error))
    });
    match scanned {
        Ok(()) => {}
        Err(OpenError::Broken(broken)) => {
            let next = verifier.next();
            verifier.find(next, "damaged", broken.to_string());
        }
        Err(error) => return Err(error),
    }
    Ok(verifier.finish_remembering(remembered))
}
