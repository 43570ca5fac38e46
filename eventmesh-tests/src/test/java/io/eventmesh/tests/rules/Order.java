package io.eventmesh.tests.rules;

import io.eventmesh.spi.event.Event;
import java.util.Random;

/**
 * An order of a customer, numbered over all; what the rules of the scene make of it is reckoned here by plain code.
 *
 * @param number over all customers
 * @param poison whether billing can never take it
 */
record Order(int number, String customer, String region, int total, boolean express, boolean poison) {
    private static final int CUSTOMERS = 20;
    private static final String[] REGIONS = {"EU", "US", "ASIA"};

    static Order made(int number, Random random) {
        return new Order(
                number,
                "customer-" + number % CUSTOMERS,
                REGIONS[random.nextInt(REGIONS.length)],
                random.nextInt(200),
                random.nextInt(4) == 0,
                random.nextInt(20) == 0);
    }

    String id() {
        return "order-" + number;
    }

    /** EU orders over 100. */
    boolean isBilled() {
        return region.equals("EU") && total > 100;
    }

    /** What the pricing function answers. */
    int price() {
        return total * 2;
    }

    /** Express orders are priced, and what costs 150 or more is routed on. */
    boolean isRouted() {
        return express && price() >= 150;
    }

    Event event() {
        return Event.builder()
                .id(id())
                .source("/shop")
                .type("order.created")
                .attribute("partitionkey", customer)
                .dataContentType("application/json")
                .text("{\"number\":%d,\"region\":\"%s\",\"total\":%d,\"express\":%b,\"poison\":%b}"
                        .formatted(number, region, total, express, poison))
                .build();
    }
}
