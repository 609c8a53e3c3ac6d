-- The way back of 0004. The version before knows neither experiments nor feedback nor proposals: they go, with what was counted of
-- them. Events stay, and so do the rows, columns and indexes of the exchange log.
DROP TABLE "promptbox"."leases", "promptbox"."evolution_proposals", "promptbox"."evolution_policies", "promptbox"."feedback",
  "promptbox"."experiment_looks", "promptbox"."experiment_totals", "promptbox"."experiment_statistics",
  "promptbox"."experiment_pre_units", "promptbox"."experiment_units", "promptbox"."experiment_events",
  "promptbox"."experiment_phase_units", "promptbox"."experiments";
