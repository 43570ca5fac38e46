package io.eventmesh.function.jsonata;

import java.util.Random;

/**
 * What belongs to one evaluation.
 *
 * @param budget what it may use
 * @param millis wall time at which the mesh stored the event, which is the expression's "now"
 * @param random begins with the event's identity, so that an event judged twice gives one result
 */
record Surroundings(Budget budget, long millis, Random random) {}
