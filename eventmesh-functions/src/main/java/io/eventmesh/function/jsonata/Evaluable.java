package io.eventmesh.function.jsonata;

import com.fasterxml.jackson.databind.JsonNode;

/** Something that makes data of an event within a budget. Serves one evaluation at a time, on any thread. */
interface Evaluable {
    /** A fresh measure for the values of one evaluation. */
    Weights weights();

    /**
     * What it makes of an event.
     *
     * @throws com.dashjoin.jsonata.JException when the expression fails
     * @throws Exceeded when it reaches a bound; other exceptions may hide that
     */
    JsonNode evaluate(JsonNode input, Surroundings surroundings);
}
