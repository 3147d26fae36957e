"""PostgreSQL plans for many rows where a scope may see many."""

from django.db import migrations

from openprotect.governance.row_security import many_rows


class Migration(migrations.Migration):
    dependencies = [("governance", "0019_holds")]

    operations = [
        many_rows(
            "governance_accessgrant",
            "governance_accessstop",
            "governance_accessstoprequest",
            "governance_documentanswer",
            "governance_documentasked",
            "governance_documentversion",
            "governance_emergencyaccess",
            "governance_emergencynotice",
            "governance_emergencyreview",
            "governance_emergencytry",
            "governance_export",
            "governance_patternreview",
            "governance_risk",
            "governance_riskdissent",
            "governance_riskdocument",
            "governance_riskstep",
            "governance_whosawletter",
        )
    ]
