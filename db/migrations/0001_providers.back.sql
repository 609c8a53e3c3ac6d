-- The way back of 0001. The version before knows one credential for each provider, no routes and no facts of models: the
-- default credentials stay, all else of these goes. "exchanges" keeps its column "saved_input_tokens", as it keeps its rows:
-- the version before neither reads nor fills it.
DROP TABLE "promptbox"."routes";
DELETE FROM "promptbox"."provider_credentials" WHERE "name" <> 'default';
ALTER TABLE "promptbox"."provider_credentials" DROP CONSTRAINT "provider_credentials_pkey";
ALTER TABLE "promptbox"."provider_credentials" ADD CONSTRAINT "provider_credentials_pkey" PRIMARY KEY("tenant_id","provider");
ALTER TABLE "promptbox"."provider_credentials" DROP COLUMN "name";
ALTER TABLE "promptbox"."models" DROP COLUMN "facts";
