package io.eventmesh.test;

import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Map;

/** A plugin's configuration with other values, whatever else it has. Stateless. */
final class ChangedRecord {
    private ChangedRecord() {}

    /** @throws IllegalStateException when the record hides its components */
    static <C extends Record> C of(C original, Map<String, Object> changes) {
        RecordComponent[] components = original.getClass().getRecordComponents();
        try {
            Object[] values = new Object[components.length];
            for (int i = 0; i < components.length; i++) {
                Object change = changes.get(components[i].getName());
                values[i] = change == null ? components[i].getAccessor().invoke(original) : change;
            }
            Class<?>[] types =
                    Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
            @SuppressWarnings("unchecked")
            Constructor<C> canonical = (Constructor<C>) original.getClass().getDeclaredConstructor(types);
            return canonical.newInstance(values);
        } catch (ReflectiveOperationException hidden) {
            throw new IllegalStateException("A configuration's record is public", hidden);
        }
    }
}
