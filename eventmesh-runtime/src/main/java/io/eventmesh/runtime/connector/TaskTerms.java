package io.eventmesh.runtime.connector;

import io.eventmesh.proto.v1.TaskDefinition;

/**
 * What a task is told to do.
 *
 * @param definition as the admin gave it
 * @param letters where events go that cannot be moved
 * @param passing what events pass on their way
 */
record TaskTerms(TaskDefinition definition, TaskPolicies.Letters letters, Passing passing) {}
