//! Answers of a provider about tokens, kept for a short time and by the hash of the token.
//!
//! Number and size of the answers are bounded. If there is no room, the answer goes that would have ended first; a
//! refusal ends sooner than a confirmation, so made-up tokens do not displace real ones.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::json::Object;
use crate::opaque::AnswerFault;

/// The time for which a confirmation is kept, unless the token expires before.
const CONFIRMED_FOR: Duration = Duration::from_secs(60);

/// The time for which a refusal is kept.
const REFUSED_FOR: Duration = Duration::from_secs(10);

/// The number of answers that are kept.
const MAX_ANSWERS: usize = 4096;

/// The size of all answers that are kept, in bytes.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// A question about a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Question {
    /// Whether and for whom it counts.
    Introspection,
    /// Who its user is.
    Userinfo,
}

/// The question and the hash of the token.
pub(crate) type AnswerKey = (Question, [u8; 32]);

/// What a provider has said: claims, or that the token does not count.
pub(crate) type AboutToken = Result<Arc<Object>, AnswerFault>;

/// The answers that are kept.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    kept: HashMap<AnswerKey, Kept>,
    bytes: usize,
}

#[derive(Debug)]
struct Kept {
    answer: AboutToken,
    until: Instant,
    bytes: usize,
}

impl Answers {
    /// Returns the answer to a question, unless it is too old.
    pub(crate) fn find(&self, key: &AnswerKey, now: Instant) -> Option<AboutToken> {
        let kept = self.kept.get(key)?;
        (now < kept.until).then(|| kept.answer.clone())
    }

    /// Keeps an answer of this size. `remaining` is the time until the token expires, if that is known.
    pub(crate) fn keep(
        &mut self,
        key: AnswerKey,
        answer: AboutToken,
        (bytes, remaining): (usize, Option<Duration>),
        now: Instant,
    ) {
        let longest = match &answer {
            Ok(_) => CONFIRMED_FOR,
            Err(_) => REFUSED_FOR,
        };
        let until = now + remaining.map_or(longest, |remaining| remaining.min(longest));
        self.remove(&key);
        self.make_room(bytes, now);
        if self.has_room(bytes) {
            self.bytes += bytes;
            let kept = Kept {
                answer,
                until,
                bytes,
            };
            self.kept.insert(key, kept);
        }
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.kept.len() < MAX_ANSWERS && self.bytes + bytes <= MAX_BYTES
    }

    fn make_room(&mut self, bytes: usize, now: Instant) {
        if self.has_room(bytes) {
            return;
        }
        self.kept.retain(|_, kept| kept.until > now);
        self.bytes = self.kept.values().map(|kept| kept.bytes).sum();
        while !self.has_room(bytes) {
            let first = self.kept.iter().min_by_key(|(_, kept)| kept.until);
            let Some(key) = first.map(|(key, _)| *key) else {
                return;
            };
            self.remove(&key);
        }
    }

    fn remove(&mut self, key: &AnswerKey) {
        if let Some(kept) = self.kept.remove(key) {
            self.bytes -= kept.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u32) -> AnswerKey {
        let mut hash = [0; 32];
        hash[..4].copy_from_slice(&number.to_be_bytes());
        (Question::Introspection, hash)
    }

    fn confirmed() -> AboutToken {
        Ok(Arc::new(Object::new()))
    }

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn answer_is_kept_until_its_end() {
        let (mut answers, now) = (Answers::default(), Instant::now());
        answers.keep(key(1), confirmed(), (10, None), now);
        answers.keep(key(2), confirmed(), (10, Some(seconds(5))), now);
        answers.keep(key(3), Err(AnswerFault::Inactive), (10, None), now);
        let found = |number, after| answers.find(&key(number), now + seconds(after)).is_some();
        assert!(found(1, 59) && !found(1, 60));
        assert!(found(2, 4) && !found(2, 5));
        assert!(found(3, 9) && !found(3, 10));
        assert!(!found(4, 0));
    }

    #[test]
    fn questions_are_kept_apart() {
        let (mut answers, now) = (Answers::default(), Instant::now());
        let (question, hash) = key(1);
        answers.keep((question, hash), confirmed(), (10, None), now);
        assert!(answers.find(&(Question::Userinfo, hash), now).is_none());
    }

    #[test]
    fn refusals_do_not_displace_confirmations() {
        let (mut answers, now) = (Answers::default(), Instant::now());
        answers.keep(key(0), confirmed(), (10, None), now);
        for number in 1..6000 {
            answers.keep(key(number), Err(AnswerFault::Inactive), (10, None), now);
        }
        assert_eq!(answers.kept.len(), MAX_ANSWERS);
        assert!(answers.find(&key(0), now).is_some());
    }

    #[test]
    fn size_of_answers_is_bounded() {
        let (mut answers, now) = (Answers::default(), Instant::now());
        for number in 0..100 {
            answers.keep(key(number), confirmed(), (MAX_BYTES / 10, None), now);
            assert!(answers.bytes <= MAX_BYTES);
        }
        assert_eq!(answers.kept.len(), 10);
        answers.keep(key(200), confirmed(), (MAX_BYTES + 1, None), now);
        assert!(answers.kept.is_empty() && answers.bytes == 0);
    }

    #[test]
    fn second_answer_replaces_the_first() {
        let (mut answers, now) = (Answers::default(), Instant::now());
        answers.keep(key(1), confirmed(), (10, None), now);
        answers.keep(key(1), Err(AnswerFault::Inactive), (20, None), now);
        assert_eq!(answers.find(&key(1), now), Some(Err(AnswerFault::Inactive)));
        assert_eq!(answers.bytes, 20);
    }
}
