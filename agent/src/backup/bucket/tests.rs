use super::*;
use crate::settings::BackupSettings;

#[rstest::rstest]
#[case(None, true, "https://s3.eu-west-1.amazonaws.com/bucket/folder")]
#[case(None, false, "https://bucket.s3.eu-west-1.amazonaws.com/folder")]
#[case(Some("http://minio:9000"), true, "http://minio:9000/bucket/folder")]
#[case(
    Some("https://store.example"),
    false,
    "https://bucket.store.example/folder"
)]
#[tokio::test]
async fn bucket_is_in_path_or_host_name(
    #[case] endpoint: Option<&str>,
    #[case] path_style: bool,
    #[case] expected: &str,
) {
    use object_store::signer::Signer as _;
    let settings = BackupSettings {
        bucket: "bucket".into(),
        folder: "folder".into(),
        endpoint: endpoint.map(str::to_owned),
        region: "eu-west-1".into(),
        path_style,
        keys: Keys::Given(AccessKey {
            id: "id".into(),
            secret: "secret".into(),
            token: None,
        }),
        interval: 30,
        keep: 10,
        keep_seconds: 0,
        scratch: "/scratch".into(),
    };
    let origin = Origin {
        namespace: "shop".into(),
        name: "orders".into(),
        store: "6f1c1c86-4c39-4a2b-9a5e-0d6b9f3f4f10".parse().unwrap(),
    };
    let bucket = Bucket::open(&settings, origin).unwrap();
    let object = bucket.object("x");
    let minute = std::time::Duration::from_secs(60);
    let signed = bucket.store.signed_url(http_get(), &object, minute).await;
    let url = signed.unwrap().to_string();
    let store = "shop/orders/6f1c1c86-4c39-4a2b-9a5e-0d6b9f3f4f10";
    assert!(url.starts_with(&format!("{expected}/{store}/x?")), "{url}");
}

fn http_get() -> hyper::Method {
    hyper::Method::GET
}
