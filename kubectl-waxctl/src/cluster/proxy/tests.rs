use rstest::rstest;

use super::*;

fn proxied(no_proxy: &str, server: &str) -> bool {
    let variables = ProxyVariables {
        http_proxy: Some("http://proxy:3128".into()),
        https_proxy: Some("proxy:3128".into()),
        no_proxy: Some(no_proxy.into()),
    };
    variables
        .for_server(&server.parse().unwrap())
        .unwrap()
        .is_some()
}

#[rstest]
#[case("", "https://api.example.com", true)]
#[case("", "https://127.0.0.1", false)]
#[case("", "https://localhost:6443", false)]
#[case("", "https://[::1]:6443", false)]
#[case("*", "https://api.example.com", false)]
#[case("example.com", "https://api.example.com", false)]
#[case("example.com", "https://badexample.com", true)]
#[case(".example.com", "https://example.com", true)]
#[case("*.example.com", "https://api.example.com", false)]
#[case("other.org, API.example.com", "https://api.example.com", false)]
#[case("other.org,", "https://api.example.com", true)]
#[case("10.0.0.0/8", "https://10.200.3.4", false)]
#[case("10.0.0.0/8", "https://11.0.0.1", true)]
#[case("0.0.0.0/0", "https://11.0.0.1", false)]
#[case("10.0.0.0/99", "https://10.0.0.1", true)]
#[case("fd00::/8", "https://[fd12::1]:6443", false)]
#[case("10.0.0.0/8", "https://api.example.com", true)]
#[case::port("api.example.com:6443", "https://api.example.com:6443", false)]
#[case::other_port("api.example.com:443", "https://api.example.com:6443", true)]
#[case::default_port("api.example.com:443", "https://api.example.com", false)]
#[case::default_port_of_http("api.example.com:80", "http://api.example.com", false)]
#[case::port_of_subdomain("example.com:6443", "https://api.example.com:6443", false)]
#[case::port_of_address("10.0.0.1:6443", "https://10.0.0.1:6443", false)]
#[case::other_port_of_address("10.0.0.1:443", "https://10.0.0.1:6443", true)]
#[case::address("10.0.0.1", "https://10.0.0.1:6443", false)]
#[case::port_of_ipv6("[fd12::1]:6443", "https://[fd12::1]:6443", false)]
#[case::ipv6("fd12::1", "https://[fd12::1]:6443", false)]
fn no_proxy_covers_what_go_covers(
    #[case] no_proxy: &str,
    #[case] server: &str,
    #[case] expected: bool,
) {
    assert_eq!(proxied(no_proxy, server), expected);
}

#[test]
fn scheme_of_server_chooses_variable() {
    let variables = ProxyVariables {
        https_proxy: Some("https://secure".into()),
        ..ProxyVariables::default()
    };
    let proxy = |server: &str| variables.for_server(&server.parse().unwrap()).unwrap();
    assert_eq!(proxy("http://api:8080"), None);
    assert_eq!(proxy("https://api").unwrap().protocol, Protocol::Https);
}

#[rstest]
#[case::host("proxy:3128", Ok("Http http://proxy:3128/"))]
#[case::name("proxy", Ok("Http http://proxy:80/"))]
#[case::https("HTTPS://proxy", Ok("Https https://proxy:443/"))]
#[case::socks("socks5://proxy", Ok("Socks5 http://proxy:1080/"))]
#[case::resolving_socks("socks5h://proxy:1", Ok("Socks5 http://proxy:1/"))]
#[case::ftp("ftp://proxy", Err(ProxyError::Scheme))]
#[case::nothing("http://", Err(ProxyError::NotAnAddress))]
fn variable_names_proxy_with_or_without_scheme(
    #[case] text: &str,
    #[case] expected: Result<&str, ProxyError>,
) {
    let shown = |proxy: Proxy| format!("{:?} {}", proxy.protocol, proxy.address);
    let expected = expected.map(str::to_owned);
    assert_eq!(Proxy::from_variable(text).map(shown), expected);
}

#[rstest]
#[case::no_scheme("127.0.0.1:1080")]
#[case::resolving_socks("socks5h://proxy:1")]
#[case::ftp("ftp://proxy")]
fn proxy_url_needs_scheme_that_kubectl_takes(#[case] text: &str) {
    assert!(Proxy::from_url(text).is_err());
}

#[test]
fn user_of_proxy_is_decoded_and_never_shown() {
    let proxy = Proxy::from_url("http://me:pa%40ss@proxy:3128/x").unwrap();
    assert_eq!(proxy.user, Some(("me".into(), "pa@ss".into())));
    assert_eq!(format!("{proxy:?}"), "Proxy(Http, http://proxy:3128/)");
}
