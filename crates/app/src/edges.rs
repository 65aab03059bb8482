use std::fmt;

use time::OffsetDateTime;

/// Tells the time.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The present moment in UTC.
    fn now(&self) -> OffsetDateTime;
}

/// Makes random bits that nobody can predict.
pub trait Random: fmt::Debug + Send + Sync + 'static {
    /// Fills all of `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// The clock and the random bits, as use-cases want them.
#[derive(Debug, Clone)]
pub(crate) struct Edges {
    pub(crate) clock: std::sync::Arc<dyn Clock>,
    pub(crate) random: std::sync::Arc<dyn Random>,
}

impl Edges {
    /// The present moment as exactly as it is stored: in whole milliseconds.
    pub(crate) fn now(&self) -> OffsetDateTime {
        let now = self.clock.now();
        now.replace_millisecond(now.millisecond())
            .expect("a time's own millisecond is valid")
    }

    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes);
        bytes
    }
}
