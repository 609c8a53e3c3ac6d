-- The way back of 0003. The version before knows no guardrails: they go, with their counts and what people said of them. Events
-- stay, and so do the rows and columns of the exchange log.
DROP TABLE "promptbox"."guardrail_feedback", "promptbox"."guardrail_hours", "promptbox"."guardrails";
