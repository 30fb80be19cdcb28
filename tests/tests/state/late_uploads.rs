//! Tests copies of an abandoned timeline that are uploaded only after the restore that abandoned it.

use wax_tests::s3::S3;

use super::backups::{ask, lose, point, restore, restore_newest};
use super::bucket::{copying, resumed};

#[tokio::test(flavor = "multi_thread")]
async fn late_copies_of_abandoned_timeline_are_not_restored() {
    let s3 = S3::in_box(wax_tests::Cluster::shared().unwrap()).unwrap();
    let mut counting = copying("late-uploads", 2, &s3, 1000).await;
    let (first, cut) = point(&counting, 5).await;
    let sent = s3.ending(".json").unwrap();
    let (_, ahead) = point(&counting, cut + 60).await;
    lose(&mut counting, 2).await;
    let mut late = s3.ending(".json").unwrap();
    late.retain(|path| !sent.contains(path));
    assert!(late.len() >= 4, "copies above the cut: {late:?}");
    let late = s3.remove_for_a_while(late).unwrap();
    restore(&mut counting, &first, 2).await;
    counting.advances().await.unwrap();
    counting.continuity_after(&[cut]).unwrap().exact().unwrap();
    late.put_back().unwrap();

    // The abandoned timeline has no restore point above the cut, and the new timeline has not come as far yet.
    let (newest, epoch) = point(&counting, cut + 1).await;
    let timeline = |point: &str| point.split('/').next().map(str::to_owned);
    assert_ne!(timeline(&newest), timeline(&first));
    let known = ask(&counting, 0, "/v1/backups").unwrap();
    for point in known["points"].as_array().unwrap() {
        let name = point["point"].as_str().unwrap();
        let left = timeline(name) == timeline(&first);
        assert!(
            !left || point["epoch"].as_u64() <= Some(cut),
            "{name}, left at {cut}"
        );
    }
    assert!(epoch < ahead, "{epoch} is not beyond {ahead} yet");

    lose(&mut counting, 2).await;
    restore_newest(&mut counting, 2).await;
    counting.advances().await.unwrap();
    let again = resumed(&counting).await;
    let seen = counting.continuity_after(&[cut, again]).unwrap();
    seen.exact().unwrap();
}
