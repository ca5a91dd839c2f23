/**
 * The version of the rules. A store keeps it beside the view that the rules folded, and folds its view anew when it
 * finds another one there (main/store/rebuild.ts), so that no reader ever meets a row of an older form.
 *
 * Raise it by one when any fold's rows change (a member more, a member less, another key, another value), and when a
 * rule takes or refuses what it did not before. test/protocol/record/rules-version.test.ts sees both and says so.
 */
export const RULES_VERSION = 1;
