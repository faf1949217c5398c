//! Who is signed in. Held in memory: after a restart people sign in again, and no key lies on a disk.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sha2::{Digest as _, Sha256};
use tokio::time::Instant;
use vidimus_api_types::Me;

use crate::{Settings, ask::Credential};

/// What a browser's cookie stands for.
pub(crate) struct Session {
    /// What the API is asked as.
    pub(crate) credential: Credential,
    /// What the forms of this session carry.
    pub(crate) csrf: String,
    /// Who it is.
    pub(crate) me: Me,
}

struct Held {
    session: Arc<Session>,
    began: Instant,
    used: Instant,
}

/// The sessions, by the hash of what the cookie has.
pub(crate) struct Sessions {
    settings: Settings,
    held: Mutex<HashMap<[u8; 32], Held>>,
}

/// 256 random bits, as hexadecimal digits.
pub(crate) fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(hex::encode(bytes))
}

pub(crate) fn hash(cookie: &str) -> [u8; 32] {
    Sha256::digest(cookie.as_bytes()).into()
}

impl Sessions {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings, held: Mutex::default() }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<[u8; 32], Held>> {
        // Each change of the map is whole.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a session; answers what the cookie is to have.
    pub(crate) fn begin(&self, credential: Credential, me: Me) -> Result<String, getrandom::Error> {
        let (cookie, csrf) = (random()?, random()?);
        let now = Instant::now();
        let mut held = self.held();
        held.retain(|_, held| !self.is_over(held, now));
        let theirs = |held: &Held| held.session.me.tenant == me.tenant && held.session.me.actor == me.actor;
        // First their own: nobody signs others out by signing in often.
        if held.values().filter(|held| theirs(held)).count() >= self.settings.max_sessions_each {
            let oldest = held.iter().filter(|(_, held)| theirs(held)).min_by_key(|(_, held)| held.used);
            if let Some(oldest) = oldest.map(|(key, _)| *key) {
                held.remove(&oldest);
            }
        } else if held.len() >= self.settings.max_sessions
            && let Some(oldest) = held.iter().min_by_key(|(_, held)| held.used).map(|(key, _)| *key)
        {
            held.remove(&oldest);
        }
        let session = Arc::new(Session { credential, csrf, me });
        held.insert(hash(&cookie), Held { session, began: now, used: now });
        Ok(cookie)
    }

    /// The session that a cookie stands for, if it lasts. What a page asks by itself, nobody did: `by_person` is false then,
    /// and the session is left as alone as it was.
    pub(crate) fn get(&self, cookie: &str, by_person: bool) -> Option<Arc<Session>> {
        let now = Instant::now();
        let mut sessions = self.held();
        let key = hash(cookie);
        let held = sessions.get_mut(&key)?;
        if self.is_over(held, now) {
            sessions.remove(&key);
            return None;
        }
        if by_person {
            held.used = now;
        }
        Some(Arc::clone(&held.session))
    }

    pub(crate) fn end(&self, cookie: &str) {
        self.held().remove(&hash(cookie));
    }

    fn is_over(&self, held: &Held, now: Instant) -> bool {
        now - held.began >= self.settings.session_lifetime || now - held.used >= self.settings.session_idle
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use vidimus_api_types::{Actor, Role, Timestamp};

    use super::*;

    fn me() -> Me {
        Me {
            tenant: "acme".parse().unwrap(),
            actor: Actor::user("ana"),
            roles: vec![Role::Approver],
            now: Timestamp::from_micros(0),
        }
    }

    fn key(token: &str) -> Credential {
        Credential::Key(token.to_owned())
    }

    fn sessions(max_sessions: usize) -> Sessions {
        let (session_lifetime, session_idle) = (Duration::from_secs(100), Duration::from_secs(30));
        Sessions::new(Settings { session_lifetime, session_idle, max_sessions, max_sessions_each: 3 })
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_ends_when_it_is_left_alone_and_after_its_time() {
        let sessions = sessions(10);
        let (left, used) = (sessions.begin(key("a"), me()).unwrap(), sessions.begin(key("b"), me()).unwrap());
        assert_ne!(left, used);
        for _ in 0..4 {
            tokio::time::advance(Duration::from_secs(20)).await;
            let session = sessions.get(&used, true).unwrap();
            assert!(matches!(&session.credential, Credential::Key(token) if token == "b"));
        }
        assert!(sessions.get(&left, true).is_none());
        tokio::time::advance(Duration::from_secs(20)).await;
        assert!(sessions.get(&used, true).is_none(), "however much it was used");
    }

    #[tokio::test(start_paused = true)]
    async fn signing_out_ends_one_and_too_many_end_the_one_left_alone_for_longest() {
        let sessions = sessions(2);
        let first = sessions.begin(key("1"), me()).unwrap();
        tokio::time::advance(Duration::from_secs(1)).await;
        let second = sessions.begin(key("2"), me()).unwrap();
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(sessions.get(&first, true).is_some());
        let third = sessions.begin(key("3"), me()).unwrap();
        assert!(sessions.get(&second, true).is_none() && sessions.get(&first, true).is_some());
        sessions.end(&first);
        assert!(sessions.get(&first, true).is_none() && sessions.get(&third, true).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_page_asks_by_itself_keeps_no_session_alive() {
        let sessions = sessions(10);
        let left = sessions.begin(key("1"), me()).unwrap();
        tokio::time::advance(Duration::from_secs(20)).await;
        assert!(sessions.get(&left, false).is_some());
        tokio::time::advance(Duration::from_secs(20)).await;
        assert!(sessions.get(&left, false).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn who_signs_in_often_ends_their_own_sessions_and_nobody_elses() {
        let sessions = sessions(4);
        let other = Me { actor: Actor::user("ben"), ..me() };
        let other = sessions.begin(key("other"), other).unwrap();
        let mut mine = Vec::new();
        for _ in 0..5 {
            tokio::time::advance(Duration::from_secs(1)).await;
            mine.push(sessions.begin(key("mine"), me()).unwrap());
        }
        assert!(sessions.get(&other, true).is_some());
        let lasts: Vec<_> = mine.iter().map(|cookie| sessions.get(cookie, true).is_some()).collect();
        assert_eq!(lasts, [false, false, true, true, true]);
    }
}
