//! What the programs that measure share: a clock, options, rates with their latencies.

/// What was measured: a rate and latencies.
pub struct Measured {
    /// How often a second.
    pub rate: f64,
    /// Latencies in microseconds, sorted.
    micros: Vec<u32>,
}

impl Measured {
    /// Of latencies in microseconds that were measured within so many seconds.
    pub fn of(seconds: f64, mut micros: Vec<u32>) -> Self {
        micros.sort_unstable();
        Self { rate: micros.len() as f64 / seconds, micros }
    }

    /// The latency that this share stays within, in milliseconds.
    pub fn millis(&self, share: f64) -> f64 {
        let index = ((self.micros.len() as f64 * share) as usize).min(self.micros.len().saturating_sub(1));
        self.micros.get(index).map_or(f64::NAN, |micros| f64::from(*micros) / 1000.0)
    }
}

/// The middle one of several rounds, by rate.
pub fn median(mut rounds: Vec<Measured>) -> Measured {
    rounds.sort_by(|a, b| a.rate.total_cmp(&b.rate));
    let middle = rounds.len() / 2;
    rounds.swap_remove(middle)
}

/// The monotonic clock.
#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock; that is what it is for")]
pub fn now() -> std::time::Instant {
    std::time::Instant::now()
}

/// The value of an option of the command line.
pub fn option(name: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != name).nth(1)
}

/// The same as a number.
pub fn number(name: &str, default: f64) -> f64 {
    option(name).map_or(default, |text| text.parse().unwrap())
}
