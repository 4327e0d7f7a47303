---- MODULE Orphan ----
EXTENDS Missing
====
