//! The identity of the process in a pod.

use std::ops::RangeInclusive;

use super::reader::Reader;

/// The valid ports.
pub(super) const PORTS: RangeInclusive<u16> = 1..=u16::MAX;

/// The identity of the process in a pod: dataflow, index, start and ports.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProcessIdentity {
    /// The name of the dataflow.
    pub name: String,
    /// The namespace of the dataflow.
    pub namespace: String,
    /// The index of this process, from 0.
    pub process: u32,
    /// The number of processes of the dataflow, at least 1.
    pub processes: u32,
    /// The start number of the pod.
    pub start: i64,
    /// The revision of the pod.
    pub revision: String,
    /// The port on which engines connect to each other.
    pub process_port: u16,
    /// The port of the engine's web server.
    pub engine_port: u16,
    /// The port on which process 0 hosts the rendezvous.
    pub rendezvous_port: u16,
    /// The hosts of all processes, if these are not the pods of a StatefulSet.
    pub hosts: Option<Vec<String>>,
}

impl Reader<'_> {
    /// Reads the identity of the process.
    pub(super) fn identity(&mut self) -> ProcessIdentity {
        let name = self.text("WAXRUN_NAME");
        let processes = self.number("WAXRUN_PROCESSES", None, 1..=10_000);
        let pod = self.text("WAXRUN_POD_NAME");
        ProcessIdentity {
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

    /// Reads the index of the process from the name of its StatefulSet pod. With an index that the other processes
    /// do not expect, the whole dataflow would wait forever without an error.
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
