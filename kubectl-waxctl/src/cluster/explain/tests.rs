use std::fmt::Write as _;

use serde_json::json;

use super::*;

fn place() -> Place {
    Place {
        server: "https://near:6443".into(),
        namespace: "team".into(),
        context: Some("dev".into()),
        credentials_withheld: false,
    }
}

fn shown(error: &CommandError) -> String {
    let mut text = format!("{:?} {}\n", error.kind, error.message);
    for cause in &error.causes {
        writeln!(text, "- {cause}").unwrap();
    }
    for hint in &error.hints {
        writeln!(text, "> {hint}").unwrap();
    }
    text
}

fn answered(status: serde_json::Value) -> String {
    let status: Status = serde_json::from_value(status).unwrap();
    let source = Box::new(kube::Error::Api(Box::new(status)));
    let error = ClusterError::Request {
        doing: "list dataflows".into(),
        place: place(),
        source,
    };
    shown(&error.into())
}

#[test]
fn missing_permission_is_named_with_grant_command() {
    insta::assert_snapshot!(answered(json!({
        "code": 403, "reason": "Forbidden",
        "message": "dataflows.bytewax.io is forbidden: User \"ann\" cannot list resource \"dataflows\" in API group \"bytewax.io\" in the namespace \"team\"",
        "details": { "group": "bytewax.io", "kind": "dataflows" },
    })), @r"
    Failure cannot list dataflows
    - user `ann` is not allowed to list `dataflows.bytewax.io` in namespace `team`
    > kubectl auth can-i list dataflows.bytewax.io -n team
    > a cluster administrator can grant it: kubectl create role waxctl-list-dataflows --verb=list --resource=dataflows.bytewax.io -n team && kubectl create rolebinding waxctl-list-dataflows --role=waxctl-list-dataflows --user=ann -n team
    ");
}

#[test]
fn service_account_gets_serviceaccount_flag() {
    insta::assert_snapshot!(answered(json!({
        "code": 403, "reason": "Forbidden",
        "message": "namespaces is forbidden: User \"system:serviceaccount:ci:bot\" cannot create resource \"namespaces\" in API group \"\" at the cluster scope",
    })), @r"
    Failure cannot list dataflows
    - user `system:serviceaccount:ci:bot` is not allowed to create `namespaces` in the whole cluster
    > kubectl auth can-i create namespaces
    > a cluster administrator can grant it: kubectl create clusterrole waxctl-create-namespaces --verb=create --resource=namespaces && kubectl create clusterrolebinding waxctl-create-namespaces --clusterrole=waxctl-create-namespaces --serviceaccount=ci:bot
    ");
}

#[test]
fn rejected_credentials() {
    insta::assert_snapshot!(
        answered(json!({ "code": 401, "reason": "Unauthorized", "message": "Unauthorized" })),
        @r"
    Failure cannot list dataflows
    - the cluster at https://near:6443 rejects your credentials
    > kubectl auth whoami
    "
    );
}

#[test]
fn cluster_without_crd() {
    insta::assert_snapshot!(
        answered(json!({ "code": 404, "reason": "Failed to parse error data", "message": "404 page not found" })),
        @r"
    Failure cannot list dataflows
    - the Dataflow CRD is not installed in the cluster at https://near:6443
    > waxctl install
    "
    );
}

#[test]
fn missing_namespace() {
    insta::assert_snapshot!(answered(json!({
        "code": 404, "reason": "NotFound", "message": "namespaces \"team\" not found",
        "details": { "name": "team", "kind": "namespaces" },
    })), @r"
    Failure cannot list dataflows
    - namespace `team` does not exist
    > kubectl create namespace team
    ");
}

#[test]
fn refused_spec_names_every_field() {
    insta::assert_snapshot!(answered(json!({
        "code": 422, "reason": "Invalid", "message": "Dataflow.bytewax.io \"x\" is invalid: ...",
        "details": { "name": "x", "kind": "Dataflow", "causes": [
            { "reason": "FieldValueInvalid", "field": "spec.processesCount", "message": "should be at least 1" },
            { "reason": "FieldValueRequired", "field": "spec.image.tag", "message": "Required value" },
        ] },
    })), @r"
    Failure cannot list dataflows
    - spec.processesCount: should be at least 1
    - spec.image.tag: Required value
    ");
}

#[test]
fn conflict_with_other_field_manager() {
    insta::assert_snapshot!(answered(json!({
        "code": 409, "reason": "Conflict", "message": "Apply failed with 1 conflict",
        "details": { "causes": [
            { "reason": "FieldManagerConflict", "field": ".spec.image.tag", "message": "conflict with \"argocd-controller\"" },
        ] },
    })), @r"
    Failure cannot list dataflows
    - .spec.image.tag: conflict with `argocd-controller`
    > the field manager would revert the change: commit it to git instead with `waxctl df commit`
    > or take over the fields with `--force-conflicts`
    ");
}

#[test]
fn other_server_error_is_passed_on() {
    insta::assert_snapshot!(
        answered(json!({ "code": 500, "reason": "InternalError", "message": "etcdserver: request timed out" })),
        @r"
    Failure cannot list dataflows
    - etcdserver: request timed out
    "
    );
}

#[test]
fn similar_context_is_suggested() {
    let error = ChoiceError::Unknown {
        what: "context",
        name: "prd".into(),
        known: vec!["dev".into(), "prod".into()],
        typed: true,
    };
    insta::assert_snapshot!(shown(&ClusterError::from(error).into()), @r"
    Usage the kubeconfig has no context `prd`
    - the kubeconfig has: dev, prod
    > did you mean `--context prod`?
    ");
}

#[test]
fn missing_kubeconfig_names_searched_files() {
    let error = ChoiceError::NoCluster {
        looked: vec!["/home/ann/.kube/config".into()],
        named: false,
        no_token: None,
    };
    insta::assert_snapshot!(shown(&ClusterError::from(error).into()), @r"
    Failure no cluster is configured
    - /home/ann/.kube/config does not exist
    > pass `--kubeconfig FILE`, or set KUBECONFIG
    ");
}

#[test]
fn pod_without_token_names_its_setting() {
    let error = ChoiceError::NoCluster {
        looked: vec!["/.kube/config".into()],
        named: false,
        no_token: Some("/secrets/token".into()),
    };
    insta::assert_snapshot!(shown(&ClusterError::from(error).into()), @r"
    Failure no cluster is configured
    - this pod has no token of a service account: /secrets/token does not exist
    - /.kube/config does not exist
    > set `automountServiceAccountToken: true` in the spec of the pod
    > pass `--kubeconfig FILE`, or set KUBECONFIG
    ");
}

#[test]
fn context_without_kubeconfig_is_refused_in_pod() {
    let error = ChoiceError::NoKubeconfig {
        what: "context",
        name: "prod".into(),
        looked: vec!["/.kube/config".into()],
        named: false,
        in_pod: true,
    };
    insta::assert_snapshot!(shown(&ClusterError::from(error).into()), @r"
    Usage there is no kubeconfig that could have the context `prod`
    - /.kube/config does not exist
    > pass `--kubeconfig FILE`, or set KUBECONFIG
    > leave out `--context` to use the service account of this pod
    ");
}

#[test]
fn malformed_kubeconfig() {
    let error = ChoiceError::File {
        path: "/home/ann/.kube/config".into(),
        source: crate::cluster::kubeconfig::FileError::NotYaml(Some((4, 7))),
    };
    insta::assert_snapshot!(shown(&ClusterError::from(error).into()), @r"
    Failure cannot use the kubeconfig file /home/ann/.kube/config
    - it is not valid YAML: line 4, column 7
    > kubectl config view
    ");
}

#[test]
fn missing_plugin_is_named_with_install_hint() {
    let error = CredentialsError::from(PluginError::Missing {
        program: "login".into(),
        install_hint: "install the team's helper".into(),
        source: std::io::Error::from(std::io::ErrorKind::NotFound),
    });
    insta::assert_snapshot!(shown(&ClusterError::from(error).into()), @r"
    Failure cannot get your credentials
    - the credential plugin `login` cannot be run: entity not found
    > install it, so that it is on the PATH
    > install the team's helper
    ");
}

#[test]
fn withheld_credentials_explain_rejection() {
    let status = json!({ "code": 401, "reason": "Unauthorized", "message": "Unauthorized" });
    let source = Box::new(kube::Error::Api(Box::new(
        serde_json::from_value(status).unwrap(),
    )));
    let error = ClusterError::Request {
        doing: "list dataflows".into(),
        place: Place {
            server: "http://near:8080".into(),
            credentials_withheld: true,
            ..place()
        },
        source,
    };
    insta::assert_snapshot!(shown(&error.into()), @r"
    Failure cannot list dataflows
    - the cluster at http://near:8080 wants credentials
    - they are not sent over plain http to another machine; kubectl does not, either
    > use the https address of the API server
    ");
}
