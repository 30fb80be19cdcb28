//! Verification of tokens against a hostile provider, which signs anything, rotates, stalls, redirects and lies.
//!
//! A test named `attack_N` is number N of the list of attacks that the servers must withstand.
#![expect(clippy::unwrap_used, reason = "what cannot be set up ends the test")]

mod answers;
mod attacks_on_claims;
mod attacks_on_names;
mod attacks_on_signatures;
mod documents;
mod hostile;
mod rotation;
mod setup;
mod signer;
