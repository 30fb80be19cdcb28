//! Plants secrets in what connects to a cluster and to a repository: kubeconfigs, plugins and addresses.

use super::super::lab::Lab;
use super::{password, record_arguments, silent, token};

#[test]
fn secret_of_kubeconfig_or_url_is_hidden() {
    let lab = Lab::with_repository();
    let path = record_arguments(&lab);
    let cluster = "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts:\n- {name: c, context: {cluster: c, user: u}}\n\
                   clusters:\n- {name: c, cluster: {server: 'http://127.0.0.1:1'}}\nusers:\n- name: u\n  user:\n";
    let exec = format!(
        "    exec:\n      apiVersion: client.authentication.k8s.io/v1\n      interactiveMode: Never\n      command: sh\n      \
         args: [-c, 'echo token {}; exit 1', --client-secret={}]\n      env:\n      - name: AZURE_CLIENT_SECRET\n        \
         value: {}\n",
        token(1),
        password(2),
        password(3)
    );
    let kubeconfigs = [
        format!("    token: {}\n", token(4)),
        format!("    username: ann\n    password: {}\n", password(5)),
        format!("    token: {}\n    broken: [\n", password(6)),
        exec,
    ];
    for user in kubeconfigs {
        lab.write("kubeconfig", format!("{cluster}{user}"));
        let mut command = lab.command(env!("CARGO_BIN_EXE_kubectl-waxctl"), ".");
        command
            .args(["df", "list", "--request-timeout", "2s"])
            .env("KUBECONFIG", lab.path("kubeconfig"));
        let run = lab.run(command);
        assert_ne!(run.code, Some(0), "{user}");
        silent(&user, &run.shown());
    }
    for user in [token(7), format!("ann:{}", password(8))] {
        let url = format!("https://{user}@127.0.0.1:1/x.git");
        let orders = ["../orders.py", "--name", "orders", "--env", "prod"];
        let mut command = lab.waxctl("repo", &[&orders[..], &["--repo", &url, "--push"]].concat());
        command.env("PATH", &path);
        let run = lab.run(command);
        assert_ne!(run.code, Some(0), "{}", run.shown());
        silent("a failed fetch", &run.shown());
    }
    silent("an argument of git", &lab.read("argv"));
}
