//! The user whom the API server sees.

use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use kube::Api;
use kube::api::PostParams;

use super::session::Session;

impl Session {
    /// Returns the name of the user; `None` if the API server does not tell it.
    pub(crate) async fn user(&self) -> Option<String> {
        let api: Api<SelfSubjectReview> = Api::all(self.client.clone());
        let review = api
            .create(&PostParams::default(), &SelfSubjectReview::default())
            .await;
        review.ok()?.status?.user_info?.username
    }
}
