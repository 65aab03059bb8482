use app::users::ListError;
use axum::{Json, extract::State};

use crate::{
    caller::SignedInUser,
    edge::Edge,
    extract::Query,
    problem::{Kind, Problem, problems},
    views::{Page, User, page::PageQuery},
};

problems!(Refusals: NotSignedIn, Forbidden, InvalidInput);

/// List the organisation's users, newest first
#[utoipa::path(get, path = "/users", tag = "users", operation_id = "list_users",
    params(PageQuery), responses((status = 200, body = Page<User>), Refusals))]
pub(super) async fn list(
    State(edge): State<Edge>,
    SignedInUser(signed_in): SignedInUser,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<User>>, Problem> {
    let (cursor, limit) = page.parse()?;
    let page = app::users::list(edge.app(), &signed_in, cursor, limit).await?;
    Ok(Json(Page {
        items: page.items.iter().map(User::from).collect(),
        next_cursor: page.next.map(|cursor| cursor.to_string()),
    }))
}

impl From<ListError> for Problem {
    fn from(error: ListError) -> Self {
        match error {
            ListError::NotAllowed => Kind::Forbidden.into(),
            ListError::Store(error) => Self::store(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Installation;

    #[tokio::test]
    async fn pages_follow_each_other_without_gaps_or_repeats() {
        let (installation, mut owner) = Installation::set_up().await;
        for email in ["a@example.com", "b@example.com", "c@example.com"] {
            installation.user(&mut owner, email, "member").await;
        }
        let mut seen = Vec::new();
        let mut path = "/api/v1/users?limit=1".to_owned();
        loop {
            let page = owner.get(&path).await;
            assert_eq!(page.status, 200, "{page:?}");
            seen.push(page.text("/items/0/email").to_owned());
            let Some(next) = page.body["next_cursor"].as_str() else {
                break;
            };
            path = format!("/api/v1/users?limit=1&cursor={next}");
        }
        seen.sort();
        assert_eq!(
            seen,
            [
                "a@example.com",
                "b@example.com",
                "c@example.com",
                "olga@example.com"
            ]
        );
    }

    #[tokio::test]
    async fn a_bad_cursor_or_limit_is_named() {
        let (_installation, mut owner) = Installation::set_up().await;
        for (query, field) in [
            ("cursor=nonsense", "cursor"),
            ("limit=0", "limit"),
            ("limit=201", "limit"),
            ("limit=many", "query"),
        ] {
            let refused = owner.get(&format!("/api/v1/users?{query}")).await;
            assert_eq!(refused.problem(), "invalid-input", "{query}");
            assert_eq!(refused.text("/fields/0/field"), field, "{query}");
        }
    }
}
