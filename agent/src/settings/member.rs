//! Which process of which dataflow a pod is.

use std::ops::RangeInclusive;

use super::reader::Reader;

/// The ports that there are.
pub(super) const PORTS: RangeInclusive<u16> = 1..=u16::MAX;

/// Which process of which dataflow this pod is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Member {
    /// The dataflow's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The index of this process, from 0.
    pub process: u32,
    /// How many processes the dataflow has, at least 1.
    pub processes: u32,
    /// The start number this pod was made for.
    pub start: i64,
    /// The revision this pod was made for.
    pub revision: String,
    /// The port on which processes talk to each other.
    pub process_port: u16,
    /// The port of the engine's own web server.
    pub engine_port: u16,
    /// The port on which process 0 gives the rounds.
    pub rendezvous_port: u16,
    /// Where all processes are, if they are not the pods of a StatefulSet.
    pub hosts: Option<Vec<String>>,
}

impl Reader<'_> {
    /// Reads which process this is.
    pub(super) fn member(&mut self) -> Member {
        let name = self.text("WAXRUN_NAME");
        let processes = self.number("WAXRUN_PROCESSES", None, 1..=10_000);
        let pod = self.text("WAXRUN_POD_NAME");
        Member {
            process: self.process(&name, &pod, processes),
            name,
            namespace: self.text("WAXRUN_NAMESPACE"),
            processes,
            start: self.number("WAXRUN_START", None, 0..=i64::MAX),
            revision: self.text("WAXRUN_REVISION"),
            process_port: self.number("WAXRUN_PROCESS_PORT", Some(9999), PORTS),
            engine_port: self.number("WAXRUN_ENGINE_PORT", Some(3031), PORTS),
            rendezvous_port: self.number("WAXRUN_RENDEZVOUS_PORT", Some(3032), PORTS),
            hosts: self.hosts(processes),
        }
    }

    fn hosts(&mut self, processes: u32) -> Option<Vec<String>> {
        let text = self.optional("WAXRUN_HOSTS")?;
        let hosts: Vec<String> = text.split(',').map(|host| host.trim().to_owned()).collect();
        if hosts.len() != processes as usize {
            self.faults.push(format!(
                "WAXRUN_HOSTS names {} hosts; write one for each of {processes} processes",
                hosts.len()
            ));
        }
        Some(hosts)
    }

    /// Takes the index out of a StatefulSet pod's name. An index the others do not know of would
    /// make the whole dataflow wait for ever in silence.
    fn process(&mut self, name: &str, pod: &str, processes: u32) -> u32 {
        if name.is_empty() || pod.is_empty() {
            return 0;
        }
        let ordinal = pod
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix('-'));
        match ordinal.and_then(|digits| digits.parse().ok()) {
            Some(process) if process < processes => process,
            Some(process) => {
                self.faults.push(format!(
                    "WAXRUN_POD_NAME is {pod:?}, process {process} of only {processes} \
                     (WAXRUN_PROCESSES)"
                ));
                0
            }
            None => {
                self.faults.push(format!(
                    "WAXRUN_POD_NAME is {pod:?}; it must be {name}-0, {name}-1, ... (WAXRUN_NAME)"
                ));
                0
            }
        }
    }
}
