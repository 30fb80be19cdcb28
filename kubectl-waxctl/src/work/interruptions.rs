//! Tells people why a watch was interrupted. A watch continues by itself, so only a lasting refusal ends it.

use kube::runtime::watcher;

use crate::cluster::Session;
use crate::cluster::explain::of_watch;
use crate::error::CommandError;
use crate::ui::Ui;

/// The interruptions of the watches of a verb since they last worked.
#[derive(Debug, Default)]
pub(crate) struct Interruptions {
    /// The sentence that was printed last.
    told: Option<String>,
    /// The request that the API server has refused last.
    refused: Option<String>,
}

impl Interruptions {
    /// Notes that a watch works.
    pub(crate) fn end(&mut self) {
        *self = Self::default();
    }

    /// Tells why the watch was interrupted, each reason once. `doing` is the request, such as `watch dataflows`.
    ///
    /// # Errors
    /// The API server has refused the request twice. The first refusal can be that of a token that has expired, and a
    /// new one is used after it.
    pub(crate) fn tell(
        &mut self,
        session: &Session,
        doing: &str,
        error: watcher::Error,
        ui: &mut Ui,
    ) -> Result<(), CommandError> {
        let error = of_watch(error);
        let code = match &error {
            kube::Error::Api(status) => status.code,
            _ => 0,
        };
        // The API server has forgotten the version; the watch begins with a list then.
        if code == 410 {
            return Ok(());
        }
        let error = CommandError::from(session.failed(doing)(error));
        if matches!(code, 401 | 403) {
            let before = self.refused.replace(doing.to_owned());
            if before.as_deref() == Some(doing) {
                return Err(error);
            }
        }
        let sentence = sentence(&error);
        if self.told.as_ref() != Some(&sentence) {
            ui.warn(&sentence);
            self.told = Some(sentence);
        }
        Ok(())
    }
}

fn sentence(error: &CommandError) -> String {
    let reason = match error.causes.as_slice() {
        [] => error.message.clone(),
        causes => causes.join(": "),
    };
    format!("the watch was interrupted and continues: {reason}")
}
