"""The report: charts, sentences and pages, drawn from frozen facts. It knows no database and no clock."""
