//! The security settings of pods and containers.

use super::*;

#[test]
fn pods_meet_the_restricted_standard() {
    let plan = planned(MINIMAL, &context());
    let pods = [
        plan.stateful_set.spec.unwrap().template.spec.unwrap(),
        plan.probe_pod.spec.unwrap(),
    ];
    for pod in pods {
        let security = pod.security_context.unwrap();
        assert_eq!(security.run_as_non_root, Some(true));
        assert_eq!(security.seccomp_profile.unwrap().type_, "RuntimeDefault");
        assert_eq!(pod.automount_service_account_token, Some(false));
        for container in pod
            .containers
            .iter()
            .chain(pod.init_containers.iter().flatten())
        {
            let security = container.security_context.as_ref().unwrap();
            assert_eq!(
                security.allow_privilege_escalation,
                Some(false),
                "{}",
                container.name
            );
            assert_eq!(
                security.read_only_root_filesystem,
                Some(true),
                "{}",
                container.name
            );
            let dropped = security
                .capabilities
                .as_ref()
                .unwrap()
                .drop
                .as_ref()
                .unwrap();
            assert_eq!(dropped, &["ALL"], "{}", container.name);
        }
    }
}

#[test]
fn null_removes_defaults_of_security() {
    let values = "\nchartValues: |\n  podSecurityContext: {runAsUser: null, runAsGroup: 7, fsGroup: ~}\n  \
                  securityContext:\n    readOnlyRootFilesystem:\n";
    let plan = planned(&format!("{}{values}", MINIMAL.trim_end()), &context());
    let pod = plan.stateful_set.spec.unwrap().template.spec.unwrap();
    let security = pod.security_context.unwrap();
    assert_eq!(
        (
            security.run_as_user,
            security.run_as_group,
            security.fs_group
        ),
        (None, Some(7), None)
    );
    assert_eq!(security.run_as_non_root, Some(true));
    let container = pod.containers[0].security_context.clone().unwrap();
    assert_eq!(container.read_only_root_filesystem, None);
    assert_eq!(container.allow_privilege_escalation, Some(false));
}
