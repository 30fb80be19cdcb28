//! Limit on the operator's requests to the API server: a token bucket.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use kube::client::Body;
use tokio::time::{Instant, Sleep};
use tower::{Layer, Service};

/// Layer of the client that limits the rate of requests.
#[derive(Clone)]
pub(crate) struct RequestLimit {
    bucket: Arc<Mutex<Bucket>>,
}

struct Bucket {
    rate: f64,
    burst: f64,
    tokens: f64,
    filled: Instant,
}

impl RequestLimit {
    /// Creates a limit of `rate` requests per second with bursts of up to `burst` requests.
    #[must_use]
    pub(crate) fn new(rate: u32, burst: u32) -> Self {
        let (rate, burst) = (f64::from(rate.max(1)), f64::from(burst.max(1)));
        let bucket = Bucket {
            rate,
            burst,
            tokens: burst,
            filled: Instant::now(),
        };
        Self {
            bucket: Arc::new(Mutex::new(bucket)),
        }
    }

    /// Takes one token and returns how long the caller must wait before it uses the token.
    fn take(&self) -> Duration {
        self.bucket
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(Instant::now())
    }
}

impl Bucket {
    /// Takes one token and returns the wait until it is available.
    ///
    /// The number of tokens may become negative. A later request then waits longer than an earlier one,
    /// so requests keep their order.
    fn take(&mut self, now: Instant) -> Duration {
        let gained = now.saturating_duration_since(self.filled).as_secs_f64() * self.rate;
        self.tokens = (self.tokens + gained).min(self.burst) - 1.0;
        self.filled = now;
        Duration::from_secs_f64((-self.tokens / self.rate).max(0.0))
    }
}

impl<S> Layer<S> for RequestLimit {
    type Service = Limited<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Limited {
            limit: self.clone(),
            inner,
            turn: Turn::None,
        }
    }
}

/// Client service behind the limit.
pub(crate) struct Limited<S> {
    limit: RequestLimit,
    inner: S,
    turn: Turn,
}

/// Progress of the next request towards its token.
enum Turn {
    None,
    Waits(Pin<Box<Sleep>>),
    Granted,
}

impl<S> Service<http::Request<Body>> for Limited<S>
where
    S: Service<http::Request<Body>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        loop {
            self.turn = match &mut self.turn {
                Turn::None => Turn::Waits(Box::pin(tokio::time::sleep(self.limit.take()))),
                Turn::Waits(sleep) => {
                    std::task::ready!(sleep.as_mut().poll(cx));
                    Turn::Granted
                }
                Turn::Granted => return self.inner.poll_ready(cx),
            };
        }
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        self.turn = Turn::None;
        self.inner.call(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_after_a_burst_wait_for_the_rate() {
        let start = Instant::now();
        let mut bucket = Bucket {
            rate: 50.0,
            burst: 3.0,
            tokens: 3.0,
            filled: start,
        };
        let waits: Vec<u128> = (0..5).map(|_| bucket.take(start).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 20, 40]);
        let later = start + Duration::from_millis(60);
        assert_eq!(
            bucket.take(later).as_millis(),
            0,
            "tokens are refilled while no request arrives"
        );
    }
}
