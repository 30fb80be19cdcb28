//! Addresses of processes, and the host file of the engine: line i is the address of process i.

use std::{io, net::TcpListener};

use crate::{rendezvous::wire::HostAddress, settings::ProcessIdentity};

/// Returns the host file of one process in a pod; `None` if there is no other process.
///
/// Its own line is `0.0.0.0`: the engine resolves its own name once and exits if that fails, and the name
/// of a new pod takes a moment to appear. The engine resolves the names of the others repeatedly.
#[must_use]
pub fn host_file(identity: &ProcessIdentity) -> Option<String> {
    let port = identity.process_port;
    (identity.processes > 1).then(|| {
        let line = |process: u32| match &identity.hosts {
            None if process == identity.process => format!("0.0.0.0:{port}\n"),
            _ => format!("{}:{port}\n", host(identity, process)),
        };
        (0..identity.processes).map(line).collect()
    })
}

/// Returns the address of the rendezvous host, as seen from a process.
#[must_use]
pub fn rendezvous(identity: &ProcessIdentity) -> HostAddress {
    let host = match (&identity.hosts, identity.process) {
        (None, 0) => "127.0.0.1".to_owned(),
        _ => host(identity, 0),
    };
    HostAddress {
        host,
        port: identity.rendezvous_port,
    }
}

/// Listens on the address at which the others expect a process, without blocking.
///
/// # Errors
/// The port is taken, or the system refuses.
pub(crate) fn listen(
    identity: &ProcessIdentity,
    process: u32,
    port: u16,
) -> io::Result<TcpListener> {
    let listener = match &identity.hosts {
        Some(hosts) => TcpListener::bind((hosts[process as usize].as_str(), port))?,
        None => TcpListener::bind(("::", port))
            // The kernel may lack IPv6.
            .or_else(|_| TcpListener::bind(("0.0.0.0", port)))?,
    };
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Returns the name or address of a process.
pub(crate) fn host(identity: &ProcessIdentity, process: u32) -> String {
    let ProcessIdentity {
        name, namespace, ..
    } = identity;
    match &identity.hosts {
        Some(hosts) => hosts[process as usize].clone(),
        None => format!("{name}-{process}.{name}.{namespace}.svc"),
    }
}

/// Returns the host file of processes that run together on one machine; `None` for a single one.
#[must_use]
pub fn local_host_file(ports: &[u16]) -> Option<String> {
    (ports.len() > 1).then(|| {
        ports
            .iter()
            .map(|port| format!("127.0.0.1:{port}\n"))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn identity(process: u32, processes: u32) -> ProcessIdentity {
        ProcessIdentity {
            name: "orders".into(),
            namespace: "shop".into(),
            process,
            processes,
            start: 1,
            revision: "r".into(),
            process_port: 9999,
            engine_port: 3031,
            rendezvous_port: 3032,
            hosts: None,
        }
    }

    #[test]
    fn host_file_names_others_and_listens_itself() {
        insta::assert_snapshot!(host_file(&identity(1, 3)).unwrap(), @"
        orders-0.orders.shop.svc:9999
        0.0.0.0:9999
        orders-2.orders.shop.svc:9999
        ");
        insta::assert_snapshot!(local_host_file(&[4001, 4002]).unwrap(), @"
        127.0.0.1:4001
        127.0.0.1:4002
        ");
    }

    #[test]
    fn given_hosts_replace_pod_names() {
        let identity = ProcessIdentity {
            hosts: Some(vec!["127.0.0.1".into(), "127.0.0.2".into()]),
            ..identity(1, 2)
        };
        insta::assert_snapshot!(host_file(&identity).unwrap(), @"
        127.0.0.1:9999
        127.0.0.2:9999
        ");
        assert_eq!(rendezvous(&identity).host, "127.0.0.1");
    }

    #[test]
    fn single_process_has_no_host_file() {
        assert_eq!(host_file(&identity(0, 1)), None);
        assert_eq!(local_host_file(&[4001]), None);
    }

    #[test]
    fn listener_binds_given_host_or_all_interfaces() {
        let given = ProcessIdentity {
            hosts: Some(vec!["127.0.0.1".into(), "127.0.0.2".into()]),
            ..identity(1, 2)
        };
        let at = |identity: &ProcessIdentity, process| {
            let listener = listen(identity, process, 0).unwrap();
            let blocked = listener.accept().unwrap_err().kind();
            assert_eq!(blocked, io::ErrorKind::WouldBlock);
            listener.local_addr().unwrap().ip()
        };
        assert_eq!(at(&given, 0).to_string(), "127.0.0.1");
        assert_eq!(at(&given, 1).to_string(), "127.0.0.2");
        assert!(at(&identity(1, 2), 1).is_unspecified());
    }

    proptest! {
        #[test]
        fn host_files_of_all_processes_agree(processes in 2u32..40) {
            let files: Vec<Vec<String>> = (0..processes)
                .map(|own| host_file(&identity(own, processes)).unwrap().lines().map(String::from).collect())
                .collect();
            for (own, file) in files.iter().enumerate() {
                prop_assert_eq!(file.len(), processes as usize);
                for (index, line) in file.iter().enumerate() {
                    prop_assert_eq!(line == "0.0.0.0:9999", index == own);
                    if index != own {
                        prop_assert_eq!(line, &files[(own + 1) % files.len()][index].replace("0.0.0.0", &format!("orders-{index}.orders.shop.svc")));
                    }
                }
            }
        }
    }
}
