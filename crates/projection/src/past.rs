//! The views as they were: built, when somebody asks, from the log up to a position, and held for a while.

mod error;
mod log_until;
mod shelf;
#[cfg(test)]
mod tests;

use std::{
    ops::Deref,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use error::Failure;
pub use error::PastError;
use log_until::LogUntil;
use proto_events::GlobalPosition;
use shelf::Shelf;
use tokio::sync::watch;
use vidimus_log::EventLog;

use crate::{OpenError, View, Views};

/// The views of so many positions are held; each is about as large as the views themselves.
const MOST_HELD: usize = 2;

/// The views as they were at positions of the past. Cheap to clone; the clones are one.
///
/// Those of a position are built in the background when they are asked for, in a directory of their own, and shared by all
/// who ask for the same position. Those of two positions are held, and those of one are built at a time; what was asked for
/// longest ago makes room, and its directory is deleted.
#[derive(Clone)]
pub struct Past(Arc<Inner>);

struct Inner {
    directory: PathBuf,
    log: Arc<dyn EventLog>,
    shelf: Mutex<Shelf<Arc<Place>>>,
    /// Directories that were made: each has a number of its own, as one may still be in use when its position is built again.
    made: AtomicU64,
}

/// The views of one position, there or on their way.
struct Place {
    position: GlobalPosition,
    /// The furthest position that was read.
    read: Arc<AtomicU64>,
    /// Who builds has the other end.
    state: watch::Receiver<State>,
}

#[derive(Clone)]
enum State {
    Building,
    Ready(PastViews),
    Failed(Failure),
}

impl Place {
    /// Whether somebody is at work on it.
    fn is_building(&self) -> bool {
        matches!(*self.state.borrow(), State::Building) && self.state.has_changed().is_ok()
    }

    /// Whether it is of use, or will be.
    fn is_good(&self) -> bool {
        match &*self.state.borrow() {
            State::Building => self.state.has_changed().is_ok(),
            State::Ready(views) => View::ALL.into_iter().all(|view| views.is_available(view)),
            // Told once: by whoever waited for it.
            State::Failed(_) => true,
        }
    }

    /// Events that were read; the indexes are made after the last of them.
    fn done(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }
}

/// The views as they were at a position: they never move. The files are there for as long as this is.
#[derive(Clone)]
pub struct PastViews {
    // First, so that the files are closed before they are deleted.
    views: Views,
    _directory: Arc<Directory>,
}

impl Deref for PastViews {
    type Target = Views;

    fn deref(&self) -> &Views {
        &self.views
    }
}

/// A directory that is deleted with the last who needs it.
struct Directory(PathBuf);

impl Drop for Directory {
    fn drop(&mut self) {
        if let Err(error) = remove(&self.0) {
            let directory = self.0.display();
            tracing::warn!(%directory, %error, "views of the past could not be deleted; the next start does");
        }
    }
}

fn remove(directory: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

impl Past {
    /// The past of `log`, built in `directory`, which is nobody else's: what an earlier process left there is deleted.
    ///
    /// # Errors
    /// When it cannot be deleted.
    pub fn open(directory: &Path, log: Arc<dyn EventLog>) -> Result<Self, OpenError> {
        remove(directory)
            .map_err(|error| OpenError::Io { directory: directory.to_owned(), reason: error.to_string() })?;
        let shelf = Mutex::new(Shelf::new(MOST_HELD));
        let made = AtomicU64::new(0);
        Ok(Self(Arc::new(Inner { directory: directory.to_owned(), log, shelf, made })))
    }

    /// The views as of `position`, if they are there `within` that time. Where they are not, they are being built, or those of
    /// another position are: ask again.
    ///
    /// # Errors
    /// See [`PastError`].
    pub async fn at(&self, position: GlobalPosition, within: Duration) -> Result<PastViews, PastError> {
        let tail = self.0.log.tail();
        if position > tail {
            return Err(PastError::PositionUnknown { asked: position, tail });
        }
        let place = self.place(position)?;
        let mut state = place.state.clone();
        let ended = tokio::time::timeout(within, state.wait_for(|state| !matches!(state, State::Building)));
        let failure = match ended.await {
            Err(_) => {
                return Err(PastError::Building { position, done: place.done(), of: position.get() });
            }
            Ok(Ok(state)) => match &*state {
                State::Ready(views) => return Ok(views.clone()),
                State::Failed(failure) => failure.clone(),
                State::Building => Failure { code: "internal", reason: "it ended early".to_owned() },
            },
            // Who built it is gone, without a word.
            Ok(Err(_)) => Failure { code: "internal", reason: "building them ended in a panic".to_owned() },
        };
        // The next who asks has it tried again.
        self.shelf().remove(|held| Arc::ptr_eq(held, &place));
        let Failure { code, reason } = failure;
        Err(PastError::Failed { position, code, reason })
    }

    fn shelf(&self) -> std::sync::MutexGuard<'_, Shelf<Arc<Place>>> {
        self.0.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The place of `position`; begins to build there if nobody did, and if nobody builds elsewhere.
    fn place(&self, position: GlobalPosition) -> Result<Arc<Place>, PastError> {
        let mut shelf = self.shelf();
        if let Some(place) = shelf.take_hold(position).filter(|place| place.is_good()) {
            return Ok(place);
        }
        if let Some((other, place)) = shelf.find(|place| place.is_building()) {
            let (done, of) = (place.done(), other.get());
            return Err(PastError::BuildingOther { position, other, done, of });
        }
        let (sender, state) = watch::channel(State::Building);
        let place = Arc::new(Place { position, read: Arc::default(), state });
        let gone = shelf.put(position, Arc::clone(&place));
        drop(shelf);
        tokio::spawn(self.clone().fill(Arc::clone(&place), gone, sender));
        Ok(place)
    }

    /// Makes room, then builds.
    async fn fill(self, place: Arc<Place>, gone: Vec<Arc<Place>>, state: watch::Sender<State>) {
        // Deleting blocks, and the disk is to have their room before it is needed.
        let _ = tokio::task::spawn_blocking(move || drop(gone)).await;
        let filled = match self.build(&place).await {
            Ok(views) => State::Ready(views),
            Err(failure) => {
                let Failure { code, reason } = &failure;
                tracing::warn!(position = %place.position, code, reason, "the views of the past could not be built");
                State::Failed(failure)
            }
        };
        state.send_replace(filled);
    }

    async fn build(&self, place: &Place) -> Result<PastViews, Failure> {
        let Inner { directory, log, made, .. } = &*self.0;
        let number = made.fetch_add(1, Ordering::Relaxed);
        let directory = Arc::new(Directory(directory.join(format!("{}-{number}", place.position))));
        let log = LogUntil::new(Arc::clone(log), place.position, Arc::clone(&place.read));
        let views = Views::open(&directory.0, Arc::new(log)).await?;
        views.catch_up().await?;
        Ok(PastViews { views, _directory: directory })
    }
}
