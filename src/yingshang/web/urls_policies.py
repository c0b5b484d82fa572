"""Addresses of the policy clerk's pages, below ``/desk/policies/``."""

from django.urls import path

from yingshang.web.views.desk_policies import (
    budgets,
    claims,
    findings,
    listing,
    payments,
    runs,
    simulation,
    studio,
    writing,
)

policy_patterns = [
    path("", listing.policies, name="policies"),
    path("check/", findings.live, name="policy_check"),
    path("new/", writing.policy_new, name="policy_new"),
    path("claims/", claims.claims, name="policy_claims"),
    path("claims/<str:number>/receipt.json", claims.receipt, name="policy_receipt"),
    path("budgets/", budgets.budgets, name="policy_budgets"),
    path("budgets/<int:budget_id>/", budgets.budget, name="policy_budget"),
    path("payments/", payments.payments, name="policy_payments"),
    path("payments/<str:number>/", payments.batch, name="policy_batch"),
    path("payments/<str:number>/<slug:what>/", payments.batch_do, name="policy_batch_do"),
    path("runs/", runs.runs, name="policy_runs"),
    path("runs/<int:run_id>/", runs.run, name="policy_run"),
    path("of/<slug:policy>/", listing.policy, name="policy"),
    path("of/<slug:policy>/new/", writing.clause_new, name="policy_clause_new"),
    path("of/<slug:policy>/do/<slug:what>/", writing.policy_do, name="policy_do"),
    path("of/<slug:policy>/<slug:code>/", studio.studio, name="policy_clause"),
    path("of/<slug:policy>/<slug:code>/simulation/", simulation.simulation, name="policy_simulation"),
    path("of/<slug:policy>/<slug:code>/simulation/near.csv", simulation.near_list, name="policy_near"),
    path("of/<slug:policy>/<slug:code>/do/<slug:what>/", studio.clause_do, name="policy_clause_do"),
    path("of/<slug:policy>/<slug:code>/act/<slug:what>/", studio.act, name="policy_act"),
    path("of/<slug:policy>/<slug:code>/v<int:number>.dmn", studio.model_file, name="policy_model"),
]
