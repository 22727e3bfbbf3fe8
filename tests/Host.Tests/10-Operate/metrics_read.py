"""Reads metrics with Prometheus' own parsers: the format is the first argument, the text comes in. Prints families with their kinds, and the traces of exemplars."""
import sys

from prometheus_client import parser
from prometheus_client.openmetrics import parser as open_parser

read = open_parser.text_string_to_metric_families if sys.argv[1] == "open" else parser.text_string_to_metric_families
for family in read(sys.stdin.read()):
    print("family", family.name, family.type, len(family.samples))
    for sample in family.samples:
        if sample.exemplar:
            print("exemplar", sample.labels["le"], sample.exemplar.labels["trace_id"], sample.exemplar.value <= float(sample.labels["le"]))
