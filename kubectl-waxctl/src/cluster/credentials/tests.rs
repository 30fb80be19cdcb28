use super::*;
use crate::cluster::kubeconfig::entry::AuthProvider;

async fn of(user: User) -> Result<Option<String>, CredentialsError> {
    let choice = Choice {
        user,
        user_name: "ann".to_owned(),
        ..Choice::default()
    };
    let (credentials, _) = Credentials::of(&choice, false).await?;
    let header = credentials.header().await?;
    Ok(header.map(|value| value.to_str().unwrap().to_owned()))
}

#[tokio::test]
async fn token_wins_over_other_ways() {
    let user = User {
        token: "mine".into(),
        auth_provider: Some(AuthProvider::default()),
        ..User::default()
    };
    assert_eq!(of(user).await.unwrap().as_deref(), Some("Bearer mine"));
}

#[tokio::test]
async fn password_becomes_basic_header() {
    let user = User {
        username: "ann".into(),
        password: "hunter2".into(),
        ..User::default()
    };
    assert_eq!(
        of(user).await.unwrap().as_deref(),
        Some("Basic YW5uOmh1bnRlcjI=")
    );
}

#[tokio::test]
async fn token_file_wins_while_readable() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let user = User {
        token: "inline".into(),
        token_file: path.display().to_string(),
        ..User::default()
    };
    assert_eq!(
        of(user.clone()).await.unwrap().as_deref(),
        Some("Bearer inline")
    );
    std::fs::write(&path, "of-the-file\n").unwrap();
    assert_eq!(
        of(user.clone()).await.unwrap().as_deref(),
        Some("Bearer of-the-file")
    );
    let missing = User {
        token: String::new(),
        token_file: "/no/such/file".into(),
        ..User::default()
    };
    let error = of(missing).await.unwrap_err();
    assert!(
        matches!(error, CredentialsError::TokenFile { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn refused_token_file_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, "first").unwrap();
    let mut choice = Choice::default();
    choice.user.token_file = path.display().to_string();
    let (credentials, _) = Credentials::of(&choice, false).await.unwrap();
    std::fs::write(&path, "second").unwrap();
    assert_eq!(credentials.header().await.unwrap().unwrap(), "Bearer first");
    credentials.refused().await;
    assert_eq!(
        credentials.header().await.unwrap().unwrap(),
        "Bearer second"
    );
}

#[tokio::test]
async fn unusable_token_is_not_repeated() {
    let user = User {
        token: "hunter2\nhunter3".into(),
        ..User::default()
    };
    let error = of(user).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter"), "{error}");
}
