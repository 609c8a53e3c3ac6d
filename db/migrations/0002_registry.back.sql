-- The way back of 0002. The version before knows no partials: a version that has some becomes what it was served as. What only
-- this version knows goes: protections and reviews, test runs, templates, agents, chains, roles, owners. Events stay, and so
-- do the rows and columns of the exchange log.
DROP TRIGGER "prompt_versions_stay" ON "promptbox"."prompt_versions";
UPDATE "promptbox"."prompt_versions" SET "body" = "resolved" WHERE "resolved" IS NOT NULL;
CREATE OR REPLACE FUNCTION "promptbox"."prompt_versions_stay"() RETURNS trigger LANGUAGE plpgsql AS $$
begin
  if tg_op = 'UPDATE' and row(new.tenant_id, new.slug, new.version, new.semver, new.body, new.hash, new.parent_version,
                              new.change_note, new.created_by, new.created_at)
      is not distinct from row(old.tenant_id, old.slug, old.version, old.semver, old.body, old.hash, old.parent_version,
                               old.change_note, old.created_by, old.created_at) then
    return new;
  end if;
  raise exception 'version % of prompt % is immutable', old.version, old.slug using errcode = 'restrict_violation';
end
$$;
CREATE TRIGGER "prompt_versions_stay" BEFORE UPDATE OR DELETE ON "promptbox"."prompt_versions"
FOR EACH ROW EXECUTE FUNCTION "promptbox"."prompt_versions_stay"();
DROP TABLE "promptbox"."agent_prompts", "promptbox"."agents", "promptbox"."chain_versions", "promptbox"."chains",
  "promptbox"."label_protections", "promptbox"."version_reviews", "promptbox"."prompt_dependencies", "promptbox"."test_runs",
  "promptbox"."template_forks", "promptbox"."template_reviews", "promptbox"."templates";
ALTER TABLE "promptbox"."prompt_versions" DROP COLUMN "resolved";
ALTER TABLE "promptbox"."prompt_versions" DROP COLUMN "search";
DROP FUNCTION "promptbox"."version_search"(text);
ALTER TABLE "promptbox"."prompts" DROP COLUMN "owner";
ALTER TABLE "promptbox"."keys" DROP COLUMN "roles";
