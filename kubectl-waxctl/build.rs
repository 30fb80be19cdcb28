//! Links the program at a fixed address, if it is static.
//!
//! A static program that can run at any address has about 190,000 pointers to adjust before `main`. That took most of
//! the time of a short command. Its stack, heap and mapped files stay at random addresses.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |name: &str| std::env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    let is_static = target("FEATURE")
        .split(',')
        .any(|feature| feature == "crt-static");
    if target("OS") == "linux" && target("ENV") == "gnu" && is_static {
        // These come after `-static-pie` of rustc, and the last one counts.
        println!("cargo::rustc-link-arg-bins=-static");
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
