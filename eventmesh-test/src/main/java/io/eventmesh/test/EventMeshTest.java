package io.eventmesh.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives each test method of a class a mesh of its own, in this process and in memory, with a client and a probe:
 *
 * <pre>{@code
 * @EventMeshTest
 * class BillingTest {
 *     @Inject EventMesh mesh;
 *     @Inject MeshProbe probe;
 *
 *     @Test
 *     void anOrderIsBilled() {
 *         new Billing(mesh).start();
 *         mesh.publish("orders", order).join();
 *         probe.await("invoices", 1, Duration.ofSeconds(5));
 *     }
 * }
 * }</pre>
 *
 * <p>Fields marked {@link Inject} and parameters of test and life-cycle methods may be an {@code EventMesh} or a {@link
 * MeshProbe}. The mesh ends after the method; what it leaves unhandled is forgotten.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@ExtendWith(EventMeshExtension.class)
public @interface EventMeshTest {
    /** How the client reaches the mesh. */
    Transport transport() default Transport.IN_PROCESS;
}
