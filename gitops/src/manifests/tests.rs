use super::*;

fn text(wanted: &Installation) -> String {
    let mut objects = objects(wanted).unwrap();
    let crd = objects.remove(0);
    assert_eq!(crd.metadata.name.as_deref(), Some("dataflows.bytewax.io"));
    objects
        .iter()
        .map(|object| yaml::to_string(object).unwrap())
        .collect::<Vec<_>>()
        .join("---\n")
}

fn namespaced() -> Installation {
    Installation {
        namespace: "team".into(),
        all_namespaces: false,
        image: Some("registry.example.com/operator:1".into()),
        agent_image: Some("registry.example.com/agent:1".into()),
    }
}

#[test]
fn namespaced_operator_has_no_cluster_role() {
    let text = text(&namespaced());
    assert!(!text.contains("ClusterRole"), "{text}");
    insta::assert_snapshot!("namespaced", text);
}

#[test]
fn cluster_operator_creates_its_namespace() {
    let wanted = Installation {
        namespace: SYSTEM_NAMESPACE.into(),
        all_namespaces: true,
        image: None,
        agent_image: None,
    };
    insta::assert_snapshot!("all_namespaces", text(&wanted));
}

#[test]
fn both_installations_have_the_same_rules() {
    let role: Role = yaml::from_str(ROLE).unwrap();
    let cluster_role: ClusterRole = yaml::from_str(CLUSTER_ROLE).unwrap();
    assert_eq!(role.rules, cluster_role.rules);
}

#[test]
fn default_images_have_this_release() {
    for name in ["operator", "agent"] {
        let image = format!("bytewax-platform/{name}:{}", env!("CARGO_PKG_VERSION"));
        assert!(DEPLOYMENT.contains(&image), "{image}");
    }
}
