use tracing_subscriber::EnvFilter;

/// Sends the log to standard error, one line an entry.
pub(crate) fn begin(filter: &str) {
    let filter = EnvFilter::new(format!("{QUIET},{filter}"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
}

/// Libraries that tell more than an operator wants to know; the setting can turn them up again.
const QUIET: &str = "hyper=warn,rustls=warn,sqlx=warn,str0m=warn,str0m::format=error";
