"""The points that every connector holds, each with the resources it applies to; the others say why it does not."""

from collections.abc import Callable
from dataclasses import dataclass

from integrations_pipelines.contract import (
    Connector,
    Resource,
)
from integrations_pipelines_tests.conformance.applies import (
    always,
    by_absence,
    by_changes,
    by_cursor,
    by_link,
    by_token,
    counted_from_one,
    in_pages,
    with_403,
    with_a_document,
    with_a_window,
    with_body_rules,
    with_deletions,
    with_later_words,
    with_merges,
    with_secret,
)
from integrations_pipelines_tests.conformance.case import Case
from integrations_pipelines_tests.conformance.faults import (
    a_200_that_asks_for_a_pause_is_no_answer,
    a_403_that_means_a_pause_is_no_refusal,
    a_cursor_that_comes_again_is_an_error,
    a_dropped_connection_at_every_page_is_asked_again,
    a_malformed_record_does_not_stop_the_good_ones,
    a_next_page_at_another_host_gets_no_request,
    a_storm_of_429_is_waited_out,
    an_empty_list_after_records_is_suspicious,
    an_error_with_status_200_is_an_error,
    an_expired_token_stops_the_run_and_keeps_what_was_read,
    no_list_where_it_was_to_be_is_an_error,
)
from integrations_pipelines_tests.conformance.fields import (
    a_field_of_another_type_is_told_and_costs_no_record,
    a_new_field_is_reported_and_a_missing_one_found,
    every_field_of_a_record_is_known,
    every_request_is_one_that_its_vendor_documents,
    it_fits_its_entity_type,
)
from integrations_pipelines_tests.conformance.records import (
    a_capped_page_loses_nothing,
    a_deletion_arrives,
    a_merged_record_leads_to_the_one_that_was_kept,
    a_run_goes_on_after_a_crash_at_every_page,
    a_token_that_is_too_old_reads_everything,
    a_whole_list_says_that_it_is_whole,
    a_window_brings_what_lies_in_it,
    an_empty_page_is_not_the_end,
    any_order_and_twice_is_the_same,
    changes_come_with_the_next_run,
    counting_from_one_loses_no_record,
    every_number_of_records_comes_whole,
    nothing_new_is_asked_for_and_found,
)

Applies = Callable[[Connector, Resource], str]


Holds = Callable[["Case"], None]


@dataclass(frozen=True, kw_only=True)
class Point:
    """``applies`` returns "" or why it does not; ``holds`` raises ``AssertionError`` where the connector fails it."""

    name: str
    sentence: str
    holds: Holds
    applies: Applies


def _point(holds: Holds, applies: Applies = always) -> Point:
    sentence = holds.__name__.replace("_", " ")
    return Point(name=holds.__name__, sentence=sentence, holds=holds, applies=applies)


POINTS = (
    _point(it_fits_its_entity_type),
    _point(every_field_of_a_record_is_known),
    _point(every_request_is_one_that_its_vendor_documents, with_a_document),
    _point(every_number_of_records_comes_whole),
    _point(a_capped_page_loses_nothing, in_pages),
    _point(an_empty_page_is_not_the_end, by_cursor),
    _point(counting_from_one_loses_no_record, counted_from_one),
    _point(a_cursor_that_comes_again_is_an_error, in_pages),
    _point(a_next_page_at_another_host_gets_no_request, by_link),
    _point(no_list_where_it_was_to_be_is_an_error),
    _point(an_error_with_status_200_is_an_error, with_body_rules),
    _point(an_empty_list_after_records_is_suspicious, by_absence),
    _point(nothing_new_is_asked_for_and_found, by_changes),
    _point(changes_come_with_the_next_run, by_changes),
    _point(a_run_goes_on_after_a_crash_at_every_page, in_pages),
    _point(a_dropped_connection_at_every_page_is_asked_again),
    _point(a_deletion_arrives, with_deletions),
    _point(a_merged_record_leads_to_the_one_that_was_kept, with_merges),
    _point(a_whole_list_says_that_it_is_whole, by_absence),
    _point(a_token_that_is_too_old_reads_everything, by_token),
    _point(any_order_and_twice_is_the_same),
    _point(a_storm_of_429_is_waited_out),
    _point(a_403_that_means_a_pause_is_no_refusal, with_403),
    _point(a_200_that_asks_for_a_pause_is_no_answer, with_later_words),
    _point(a_window_brings_what_lies_in_it, with_a_window),
    _point(an_expired_token_stops_the_run_and_keeps_what_was_read, with_secret),
    _point(a_malformed_record_does_not_stop_the_good_ones),
    _point(a_new_field_is_reported_and_a_missing_one_found),
    _point(a_field_of_another_type_is_told_and_costs_no_record),
)
