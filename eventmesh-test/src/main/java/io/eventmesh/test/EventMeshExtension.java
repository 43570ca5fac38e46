package io.eventmesh.test;

import io.eventmesh.sdk.EventMesh;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Starts a mesh before each test method and ends it afterwards. Stateless. */
final class EventMeshExtension implements BeforeEachCallback, AfterEachCallback, ParameterResolver {
    private static final ExtensionContext.Namespace NAMESPACE =
            ExtensionContext.Namespace.create(EventMeshExtension.class);
    private static final String EXPECTED = "expected: EventMesh or MeshProbe";

    EventMeshExtension() {}

    @Override
    public void beforeEach(ExtensionContext context) throws IllegalAccessException {
        MeshUnderTest mesh = MeshUnderTest.start(transport(context));
        context.getStore(NAMESPACE).put(MeshUnderTest.class, mesh);
        for (Object instance : context.getRequiredTestInstances().getAllInstances()) {
            for (Class<?> type = instance.getClass(); type != null; type = type.getSuperclass()) {
                inject(mesh, instance, type);
            }
        }
    }

    @Override
    public void afterEach(ExtensionContext context) {
        MeshUnderTest mesh = context.getStore(NAMESPACE).remove(MeshUnderTest.class, MeshUnderTest.class);
        if (mesh != null) {
            mesh.close();
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        boolean ours = type == EventMesh.class || type == MeshProbe.class;
        return ours
                && !(parameter.getDeclaringExecutable() instanceof Constructor)
                && context.getTestMethod().isPresent();
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        MeshUnderTest mesh = context.getStore(NAMESPACE).get(MeshUnderTest.class, MeshUnderTest.class);
        Class<?> type = parameter.getParameter().getType();
        Object part = mesh == null ? null : part(mesh, type);
        if (part == null) {
            throw new ExtensionConfigurationException("parameter: %s (%s)".formatted(type.getName(), EXPECTED));
        }
        return part;
    }

    private static void inject(MeshUnderTest mesh, Object instance, Class<?> type) throws IllegalAccessException {
        for (Field field : type.getDeclaredFields()) {
            if (!field.isAnnotationPresent(Inject.class)) {
                continue;
            }
            Object part = part(mesh, field.getType());
            if (part == null || Modifier.isStatic(field.getModifiers()) || Modifier.isFinal(field.getModifiers())) {
                throw new ExtensionConfigurationException(
                        "@Inject %s (%s, neither static nor final)".formatted(field, EXPECTED));
            }
            field.setAccessible(true);
            field.set(instance, part);
        }
    }

    private static @Nullable Object part(MeshUnderTest mesh, Class<?> type) {
        if (type == EventMesh.class) {
            return mesh.client();
        }
        return type == MeshProbe.class ? mesh.probe() : null;
    }

    /** The nearest annotation counts, that of an enclosing class too. */
    private static Transport transport(ExtensionContext context) {
        for (Class<?> type = context.getRequiredTestClass(); type != null; type = type.getEnclosingClass()) {
            EventMeshTest annotation = type.getAnnotation(EventMeshTest.class);
            if (annotation != null) {
                return annotation.transport();
            }
        }
        return Transport.IN_PROCESS;
    }
}
