use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};

use super::SignInCookie;
use crate::{
    cookies,
    edge::Edge,
    problem::{Problem, problems},
};

problems!(Refusals: CrossOriginRefused);

/// Sign out; signing out twice is no failure
#[utoipa::path(delete, path = "/sign-ins/current", tag = "sign-ins", operation_id = "sign_out",
    responses((status = 204), Refusals))]
pub(super) async fn delete(
    State(edge): State<Edge>,
    headers: HeaderMap,
) -> Result<(StatusCode, SignInCookie, ()), Problem> {
    if let Some(token) = cookies::sign_in(&headers) {
        let deleted = app::sign_ins::delete(edge.app(), token).await;
        deleted.map_err(|error| Problem::store(&error))?;
    }
    Ok((StatusCode::NO_CONTENT, SignInCookie::forget(&edge), ()))
}

#[cfg(test)]
mod tests {
    use crate::testing::Installation;

    #[tokio::test]
    async fn the_sign_in_is_over_on_the_server_too() {
        let (_installation, mut owner) = Installation::set_up().await;
        let mut copy = owner.clone();
        let answer = owner.delete("/api/v1/sign-ins/current").await;
        assert_eq!(answer.status, 204);
        let cookie = answer.headers["set-cookie"].to_str().expect("ASCII");
        assert!(cookie.contains("Max-Age=0"), "{cookie}");
        let stolen = copy.get("/api/v1/sign-ins/current").await;
        assert!(stolen.body.is_null(), "{stolen:?}");
        let again = owner.delete("/api/v1/sign-ins/current").await;
        assert_eq!(again.status, 204);
    }
}
