-- The way back of 0000: everything goes but the exchange log. "exchanges" and "exchange_bodies" stay as they are, with their
-- partitions and rows: a record of what happened belongs to the operator, not to a version of Promptbox. Going forward again
-- takes them over; whoever really wants to be rid of them drops the schema by hand.
DROP TABLE "promptbox"."prompt_labels";
DROP TABLE "promptbox"."prompt_versions";
DROP TABLE "promptbox"."prompt_aliases";
DROP TABLE "promptbox"."prompts";
DROP TABLE "promptbox"."keys";
DROP TABLE "promptbox"."provider_credentials";
DROP TABLE "promptbox"."models";
DROP TABLE "promptbox"."changes";
DROP TABLE "promptbox"."events";
DROP TABLE "promptbox"."tenants";
DROP FUNCTION "promptbox"."prompt_search";
DROP FUNCTION "promptbox"."prompt_versions_stay";
DROP FUNCTION "promptbox"."events_stay";
DROP FUNCTION "promptbox"."changes_in_order";
DROP FUNCTION "promptbox"."changes_notify";
