package io.picaflor.plan;

/**
 * A plan, and what else of a graph is needed to run it: all that a warm start takes from the weight cache.
 *
 * @param contextLength the most tokens that a context of the model can hold
 */
record PreparedPlan(Plan plan, int contextLength) {}
