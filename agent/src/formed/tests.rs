use proptest::prelude::*;
use rstest::rstest;

use super::*;

/// From a pod (10.244.0.7, process 1 of 3) with its engine on 3031 and a user's own connection.
const TCP: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0BD7 00000000:0000 0A 00000000:00000000 00:00000000 00000000 65532        0 41 1
   1: 00000000:270F 00000000:0000 0A 00000000:00000000 00:00000000 00000000 65532        0 42 1
   2: 0700F40A:C350 0600F40A:270F 01 00000000:00000000 00:00000000 00000000 65532        0 43 1
   3: 0700F40A:270F 0800F40A:D431 01 00000000:00000000 00:00000000 00000000 65532        0 44 1
   4: 0700F40A:C351 0101600A:2384 01 00000000:00000000 00:00000000 00000000 65532        0 45 1
   5: 0700F40A:C352 0900F40A:270F 06 00000000:00000000 00:00000000 00000000 65532        0 46 1
";

const TCP6: &str = "\
  sl  local_address                         remote_address                        st
   0: 00000000000000000000000000000000:0BD6 00000000000000000000000000000000:0000 0A 0
   1: 0000000000000000FFFF00000700F40A:0BD6 0000000000000000FFFF00000100F40A:D000 01 0
   2: 000080FE000000000000000001000000:0050 000080FE000000000000000002000000:D000 01 0
";

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
fn socket_tables_are_parsed() {
    let all: Vec<Socket> = [parse(TCP), parse(TCP6)].concat();
    let text: Vec<String> = all
        .iter()
        .map(|s| format!("{} {} {:?}", s.local, s.remote, s.state))
        .collect();
    insta::assert_snapshot!(text.join("\n"), @"
    0.0.0.0:3031 0.0.0.0:0 Listen
    0.0.0.0:9999 0.0.0.0:0 Listen
    10.244.0.7:50000 10.244.0.6:9999 Established
    10.244.0.7:9999 10.244.0.8:54321 Established
    10.244.0.7:50001 10.96.1.1:9092 Established
    10.244.0.7:50002 10.244.0.9:9999 Other
    [::]:3030 [::]:0 Listen
    10.244.0.7:3030 10.244.0.1:53248 Established
    [fe80::1]:80 [fe80::2]:53248 Established
    ");
}

#[test]
fn tables_of_this_machine_are_read() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let alone = ProcessIdentity {
        engine_port: listener.local_addr().unwrap().port(),
        ..identity(0, 1)
    };
    assert!(read(Path::new("/proc/net"), &alone).unwrap().formed);
}

#[test]
fn ipv6_table_is_read_only_if_needed() {
    let folder = tempfile::TempDir::new().unwrap();
    let tables = folder.path();
    fs::write(tables.join("tcp"), TCP).unwrap();
    // Reading a folder fails.
    fs::create_dir(tables.join("tcp6")).unwrap();
    assert!(read(tables, &identity(1, 3)).unwrap().formed);
    assert!(read(tables, &identity(1, 4)).is_err());

    let third =
        "   3: 0000000000000000FFFF00000700F40A:270F 0000000000000000FFFF00000900F40A:D431 01 0\n";
    fs::remove_dir(tables.join("tcp6")).unwrap();
    fs::write(tables.join("tcp6"), TCP6.to_owned() + third).unwrap();
    assert!(read(tables, &identity(1, 4)).unwrap().formed);
}

#[rstest]
#[case::all_there(1, 3, 2, true)]
#[case::one_lower_missing(2, 4, 2, false)]
#[case::one_higher_missing(1, 4, 2, false)]
#[case::the_highest_takes_no_connection(2, 3, 1, false)]
#[case::the_lowest_makes_none(0, 2, 1, true)]
#[case::alone_its_engine_serves(0, 1, 0, true)]
fn connections_are_counted_by_direction(
    #[case] process: u32,
    #[case] processes: u32,
    #[case] peers: u32,
    #[case] formed: bool,
) {
    assert_eq!(
        formation(&parse(TCP), &identity(process, processes)),
        Formation { peers, formed }
    );
}

#[test]
fn single_process_without_listener_is_not_formed() {
    let elsewhere = ProcessIdentity {
        engine_port: 4000,
        rendezvous_port: 3032,
        hosts: None,
        ..identity(0, 1)
    };
    assert!(!formation(&parse(TCP), &elsewhere).formed);
}

#[test]
fn peer_with_two_connections_counts_once() {
    let twice = format!("{TCP}   6: 0700F40A:C360 0600F40A:270F 01 0\n");
    assert_eq!(
        formation(&parse(&twice), &identity(2, 4)),
        Formation {
            peers: 2,
            formed: false
        }
    );
}

proptest! {
    #[test]
    fn any_text_is_parsed_without_panic(text in "\\PC{0,200}") {
        prop_assert!(parse(&text).len() <= text.lines().count());
    }

    #[test]
    fn written_address_is_parsed_back(a in any::<[u8; 4]>(), port: u16) {
        let word = u32::from_ne_bytes(a);
        let read = parse_address(&format!("{word:08X}:{port:04X}"));
        prop_assert_eq!(read, Some(SocketAddr::from((a, port))));
    }
}
