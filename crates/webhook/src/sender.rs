//! One attempt: a signed request to an address that may be posted to.

use std::{error::Error as _, net::IpAddr, sync::Arc, time::Duration};

use proto_events::{Message, Timestamp, header};
use reqwest::{
    Client, Response, StatusCode, Url,
    header::{HeaderMap, RETRY_AFTER},
    redirect,
};
use time::{OffsetDateTime, format_description::well_known::Rfc2822};
use tokio::time::timeout;
use vidimus_domain::webhook::address;
use vidimus_engine::WebhookSecret;

use crate::{
    DelivererError, Guard, Settings,
    resolver::{GuardedResolver, NotPermitted},
    sign, tls,
};

/// How much of an answer's body is read, and for how long, so that the connection can be used again; a longer or slower one
/// closes it.
const DRAIN_BYTES: usize = 4 * 1024;
const DRAIN_FOR: Duration = Duration::from_millis(100);
/// Sooner than servers and proxies close what is idle: a request must not meet the end of its connection.
const POOL_IDLE: Duration = Duration::from_secs(20);

/// Why an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// In words.
    pub(crate) reason: String,
    /// How long the receiver wants to be left alone, if it said so.
    pub(crate) retry_after: Option<Duration>,
    /// Whether it said that it is gone for good.
    pub(crate) is_final: bool,
}

impl Refusal {
    pub(crate) fn because(reason: impl ToString) -> Self {
        Self { reason: reason.to_string(), retry_after: None, is_final: false }
    }
}

/// What a receiver answered.
pub(crate) struct Answer {
    response: Response,
    /// When it was asked.
    at: Timestamp,
}

impl Answer {
    /// `Ok` where the receiver took it. Whether the body comes to an end changes nothing.
    pub(crate) async fn judged(mut self) -> Result<(), Refusal> {
        let drain = async {
            let mut drained = 0;
            while drained < DRAIN_BYTES
                && let Ok(Some(chunk)) = self.response.chunk().await
            {
                drained += chunk.len();
            }
        };
        // Not drained in time, the connection goes with the answer.
        let _ = timeout(DRAIN_FOR, drain).await;
        judged(self.response.status(), self.response.headers(), self.at)
    }
}

/// Posts notifications.
pub(crate) struct Sender {
    http: Client,
    guard: Arc<Guard>,
    allow_http: bool,
    timeout: Duration,
    /// Why nothing can be posted by https, if so.
    no_https: Option<String>,
}

impl Sender {
    pub(crate) fn new(settings: &Settings) -> Result<Self, DelivererError> {
        let guard = Arc::new(Guard::new(settings.allow_networks.clone()));
        let (config, no_https) = match tls::config(&settings.trusted) {
            Ok(config) => (config, None),
            // A server without certificates can still do all else.
            Err(error) => {
                let reason = format!(
                    "the server cannot use https ({error}): its operating system's certificates (`ca-certificates`) are missing"
                );
                tracing::warn!(reason, "webhooks with https cannot be delivered");
                (tls::none().map_err(|error| DelivererError::Client(error.to_string()))?, Some(reason))
            }
        };
        let http = Client::builder()
            .user_agent(concat!("vidimus-webhook/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(GuardedResolver(Arc::clone(&guard)))
            // A proxy would look names up by itself.
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            .pool_idle_timeout(POOL_IDLE)
            .pool_max_idle_per_host(1)
            .tcp_nodelay(true)
            .tls_backend_preconfigured(config)
            .build()
            .map_err(|error| DelivererError::Client(error.to_string()))?;
        let (allow_http, timeout) = (settings.allow_http, settings.attempt_timeout);
        Ok(Self { http, guard, allow_http, timeout, no_https })
    }

    /// Posts a message; what was answered, whether or not the receiver took it, as soon as that is told.
    pub(crate) async fn post(
        &self,
        url: &str,
        secret: &WebhookSecret,
        now: Timestamp,
        message: &Message,
    ) -> Result<Answer, Refusal> {
        let url = self.checked(url)?;
        let id = header_of(message, header::EVENT_ID);
        let signed = sign(secret.key(), id, now, &message.payload);
        let mut request = self
            .http
            .post(url)
            .timeout(self.timeout)
            .header("webhook-id", id)
            .header("webhook-timestamp", signed.timestamp)
            .header("webhook-signature", signed.signature);
        for (name, value) in &message.headers {
            request = request.header(*name, value);
        }
        let sent = request.body(message.payload.clone()).send().await;
        let response = sent.map_err(|error| self.broken(&error))?;
        Ok(Answer { response, at: now })
    }

    /// The address, if it may be posted to as far as that can be told without looking a name up.
    fn checked(&self, url: &str) -> Result<Url, Refusal> {
        let url = address(url).map_err(Refusal::because)?;
        match (never(&url, self.allow_http, &self.guard), &self.no_https) {
            (Some(Never::Http), _) => Err(Refusal::because(
                "the address is not `https`, and the configuration does not allow `http`",
            )),
            (Some(Never::Host), _) => {
                let host = url.host_str().unwrap_or_default().to_owned();
                Err(Refusal::because(NotPermitted { host }))
            }
            (None, Some(reason)) if url.scheme() == "https" => Err(Refusal::because(reason)),
            (None, _) => Ok(url),
        }
    }

    /// What of an address can be told before anything is posted there.
    pub(crate) fn check(&self) -> impl Fn(&str) -> Result<(), &'static str> + Send + Sync + 'static {
        let (allow_http, guard) = (self.allow_http, Arc::clone(&self.guard));
        // What is no address is told by others.
        move |url| match address(url).ok().and_then(|url| never(&url, allow_http, &guard)) {
            None => Ok(()),
            Some(Never::Http) => {
                Err("is not `https`, and the configuration of the server does not allow `http`")
            }
            Some(Never::Host) => {
                Err("is not a public address, nor of a network that the configuration of the server allows")
            }
        }
    }

    /// Why there is no answer, without the address, which is the tenant's own.
    fn broken(&self, error: &reqwest::Error) -> Refusal {
        let mut causes = Vec::new();
        let mut source = error.source();
        while let Some(cause) = source {
            if let Some(not_permitted) = cause.downcast_ref::<NotPermitted>() {
                return Refusal::because(not_permitted);
            }
            causes.push(cause.to_string());
            source = cause.source();
        }
        if error.is_timeout() {
            return Refusal::because(format!("no answer within {} s", self.timeout.as_secs_f32()));
        }
        let what = if error.is_connect() {
            "cannot connect"
        } else {
            "the connection broke before there was an answer"
        };
        let cause = causes.pop().map(|cause| format!(": {cause}")).unwrap_or_default();
        Refusal::because(format!("{what}{cause}"))
    }
}

/// Why an address is not posted to, whatever its name stands for.
enum Never {
    /// It is without TLS.
    Http,
    /// It is written out, and not permitted.
    Host,
}

fn never(url: &Url, allow_http: bool, guard: &Guard) -> Option<Never> {
    if url.scheme() != "https" && !allow_http {
        return Some(Never::Http);
    }
    // Nobody looks an address up, so the resolver does not see it. IPv6 ones stand in brackets.
    let host = url.host_str().unwrap_or_default();
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    literal.is_ok_and(|literal| !guard.permits(literal)).then_some(Never::Host)
}

fn header_of<'m>(message: &'m Message, name: &str) -> &'m str {
    message.headers.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
}

/// What an answer means.
fn judged(status: StatusCode, headers: &HeaderMap, now: Timestamp) -> Result<(), Refusal> {
    if status.is_success() {
        return Ok(());
    }
    let mut refusal = Refusal::because(format!("answered with status {}", status.as_u16()));
    if status.is_redirection() {
        refusal.reason +=
            ", and redirects are not followed: create a webhook with the address that it leads to";
    }
    refusal.is_final = status == StatusCode::GONE;
    if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        refusal.retry_after =
            headers.get(RETRY_AFTER).and_then(|value| retry_after(value.to_str().ok()?, now));
    }
    Err(refusal)
}

/// In seconds, or as a date.
fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = OffsetDateTime::parse(text.trim(), &Rfc2822).ok()?;
    let micros = at.unix_timestamp().saturating_mul(1_000_000).saturating_sub(now.as_micros());
    Some(Duration::from_micros(u64::try_from(micros).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(status: u16, after: Option<&str>) -> Refusal {
        let headers = after.map(|after| (RETRY_AFTER, after.parse().unwrap())).into_iter().collect();
        // Wed, 21 Oct 2015 07:27:30 GMT
        let now = Timestamp::from_micros(1_445_412_450_000_000);
        judged(StatusCode::from_u16(status).unwrap(), &headers, now).unwrap_err()
    }

    #[test]
    fn retry_after_counts_where_it_has_a_meaning() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        for status in [429, 503] {
            assert_eq!(told(status, Some("120")).retry_after, seconds(120));
            assert_eq!(told(status, Some("Wed, 21 Oct 2015 07:28:00 GMT")).retry_after, seconds(30));
            assert_eq!(told(status, Some("Wed, 21 Oct 2015 07:20:00 GMT")).retry_after, seconds(0));
            for none in [None, Some("soon"), Some("-1"), Some("")] {
                assert_eq!(told(status, none).retry_after, None, "{none:?}");
            }
        }
        assert_eq!(told(500, Some("120")).retry_after, None);
    }

    #[test]
    fn only_gone_is_final_and_only_success_is_success() {
        let headers = HeaderMap::new();
        for status in 100..600 {
            let status = StatusCode::from_u16(status).unwrap();
            let answer = judged(status, &headers, Timestamp::from_micros(0));
            assert_eq!(answer.is_ok(), (200..300).contains(&status.as_u16()), "{status}");
            assert_eq!(answer.is_err_and(|refusal| refusal.is_final), status == StatusCode::GONE);
        }
        let redirected = told(302, None).reason;
        assert_eq!(
            redirected.split(':').next(),
            Some("answered with status 302, and redirects are not followed")
        );
    }

    #[test]
    fn an_address_that_is_written_out_is_looked_at_however_it_is_written() {
        let sender = |settings: Settings| Sender::new(&settings).unwrap();
        let strict = sender(Settings { allow_http: true, ..Settings::default() });
        for host in [
            "127.0.0.1",
            "127.1",
            "0x7f.1",
            "2130706433",
            "017700000001",
            "[::1]",
            "[::ffff:10.0.0.1]",
            "10.0.0.1",
            "169.254.169.254",
            "0.0.0.0",
            "[fe80::1]",
        ] {
            let refusal = strict.checked(&format!("http://{host}:8080/hook")).unwrap_err();
            assert!(strict.check()(&format!("http://{host}:8080/hook")).is_err(), "{host}");
            assert!(
                refusal.reason.contains("has no address that may be posted to"),
                "{host}: {}",
                refusal.reason
            );
        }
        assert!(strict.checked("http://8.8.8.8/hook").is_ok());
        assert!(strict.checked("http://[2606:4700:4700::1111]/hook").is_ok());
        let only_https = sender(Settings::default());
        assert!(
            only_https.checked("http://8.8.8.8/hook").unwrap_err().reason.contains("does not allow `http`")
        );
        let check = only_https.check();
        for (url, is_permitted) in [
            ("https://example.com/hook", true),
            ("https://localhost/hook", true),
            ("http://example.com/hook", false),
            ("https://10.0.0.1/hook", false),
            ("no address", true),
        ] {
            assert_eq!(check(url).is_ok(), is_permitted, "{url}");
        }
        let allow_networks = vec!["127.0.0.0/8".parse().unwrap()];
        let allowing = sender(Settings { allow_http: true, allow_networks, ..Settings::default() });
        assert!(allowing.checked("http://127.0.0.1:8080/hook").is_ok());
        assert!(allowing.checked("http://10.0.0.1/hook").is_err());
    }
}
