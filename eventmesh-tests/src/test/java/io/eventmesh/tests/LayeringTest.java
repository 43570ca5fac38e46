package io.eventmesh.tests;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Timer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The fences between the rooms. They see the class path of this module: a module that its pom does not name is not
 * checked.
 */
@AnalyzeClasses(packages = "io.eventmesh", importOptions = DoNotIncludeTests.class)
class LayeringTest {
    /** Generated code: held to no rule of taste, and nobody's foreign library but gRPC's. */
    private static final String PROTO = "io.eventmesh.proto..";

    private static final String[] PLUGINS = {
        "io.eventmesh.storage..",
        "io.eventmesh.meta..",
        "io.eventmesh.protocol..",
        "io.eventmesh.connector..",
        "io.eventmesh.function..",
    };

    private static final Pattern PLUGIN =
            Pattern.compile("io\\.eventmesh\\.((?:storage|meta|protocol|connector)\\.[^.]+|function)(?:\\..*)?");

    // Foreign libraries, each in its own rooms

    @ArchTest
    static final ArchRule GRPC_STAYS_AT_THE_DOORS = only(
            List.of("io.grpc.."),
            PROTO,
            "io.eventmesh.protocol.grpc..",
            "io.eventmesh.admin..",
            "io.eventmesh.runtime.admin..",
            "io.eventmesh.sdk..");

    @ArchTest
    static final ArchRule ZOOKEEPER_STAYS_BEHIND_THE_META_STORE = only(
            List.of("org.apache.curator..", "org.apache.zookeeper.."),
            "io.eventmesh.meta.zookeeper..",
            "io.eventmesh.sdk.zookeeper..");

    @ArchTest
    static final ArchRule VERTX_SERVES_HTTP_ONLY = only(
            List.of("io.vertx.."),
            "io.eventmesh.protocol.http..",
            "io.eventmesh.admin..",
            "io.eventmesh.connector.http..");

    @ArchTest
    static final ArchRule NETTY_STAYS_AT_THE_DOORS = only(
            List.of("io.netty.."),
            "io.eventmesh.protocol..",
            "io.eventmesh.admin..",
            "io.eventmesh.sdk..",
            "io.eventmesh.connector.http..");

    @ArchTest
    static final ArchRule KAFKA_STAYS_IN_ITS_PLUGINS =
            only(List.of("org.apache.kafka.."), "io.eventmesh.storage.kafka..", "io.eventmesh.connector.kafka..");

    // Plugins, the runtime and the SPI between them

    @ArchTest
    static final ArchRule A_PLUGIN_NEVER_SEES_THE_RUNTIME = noClasses()
            .that()
            .resideInAnyPackage(PLUGINS)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.eventmesh.runtime..")
            .because("both see the SPI, and only the distribution names the plugins")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule THE_RUNTIME_NEVER_SEES_A_PLUGIN = noClasses()
            .that()
            .resideInAPackage("io.eventmesh.runtime..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(PLUGINS)
            .because("plugins are found by ServiceLoader")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule RULES_SEE_THE_SPI_ALONE = noClasses()
            .that()
            .resideInAPackage("io.eventmesh.rules..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.eventmesh.runtime..",
                    "io.eventmesh.admin..",
                    "io.eventmesh.cli..",
                    "io.eventmesh.sdk..",
                    "io.eventmesh.function..")
            .because("function runtimes, connectors, the admin and the command line judge with the same code")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule PLUGINS_NEVER_SEE_ONE_ANOTHER = slices().assignedFrom(new ByPlugin())
            .should()
            .notDependOnEachOther()
            .allowEmptyShould(true);

    // Time and threads are constructor arguments

    @ArchTest
    static final ArchRule TIME_COMES_FROM_THE_CLOCK = noClasses()
            .that()
            .resideOutsideOfPackages("io.eventmesh.common.time..", "io.eventmesh.cli..", PROTO)
            .should()
            .accessTargetWhere(reaches("the system's time", LayeringTest::readsSystemTime))
            .because("a test owns time: ask the clock of io.eventmesh.common.time")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule THREADS_COME_FROM_NAMED_THREADS = noClasses()
            .that()
            .resideOutsideOfPackages("io.eventmesh.common.thread..", PROTO)
            .should()
            .accessTargetWhere(reaches("a thread of its own", LayeringTest::makesThread))
            .because("every thread has a name, an owner and a bound: use io.eventmesh.common.thread")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule NOBODY_WAITS_WITHOUT_A_DEADLINE = noClasses()
            .that()
            .resideOutsideOfPackages("io.eventmesh.common.thread..", "io.eventmesh.testkit..", "io.eventmesh.cli..")
            .and()
            .resideOutsideOfPackages("io.eventmesh..boot..", PROTO)
            .should()
            .accessTargetWhere(reaches("a wait without a deadline", LayeringTest::waitsForever))
            .because("only blocking threads may block, and those with a deadline")
            .allowEmptyShould(true);

    // State and taste

    @ArchTest
    static final ArchRule STATIC_FIELDS_ARE_FINAL = fields().that()
            .areStatic()
            .and()
            .areDeclaredInClassesThat()
            .resideOutsideOfPackage(PROTO)
            .should()
            .beFinal()
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule STATIC_FIELDS_DO_NOT_CHANGE_WITHIN = noFields()
            .that()
            .areStatic()
            .and()
            .areDeclaredInClassesThat()
            .resideOutsideOfPackage(PROTO)
            .should()
            .haveRawType(mutable())
            .because("state belongs to an object that somebody made and closes")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule LOGGING_IS_SLF4J = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.util.logging..", "org.apache.commons.logging..", "org.apache.log4j..")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule TYPES_ARE_NOUNS_OF_THE_DOMAIN = noClasses()
            .that()
            .resideOutsideOfPackage(PROTO)
            .should()
            .haveNameMatching(".*(Manager|Helper|Utils?|Impl|Wrapper|Processor|Constants)")
            .orShould()
            .resideInAnyPackage("..util..", "..utils..", "..impl..", "..dto..", "..manager..")
            .because("such a name says where the code lies, not what it is")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule EVERY_PACKAGE_IS_NULL_MARKED = classes()
            .that()
            .resideOutsideOfPackage(PROTO)
            .should(beInANullMarkedPackage())
            .because("NullAway passes silently over a package that is not @NullMarked")
            .allowEmptyShould(true);

    private static ArchRule only(List<String> library, String... rooms) {
        return noClasses()
                .that()
                .resideOutsideOfPackages(rooms)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(library.toArray(String[]::new))
                .as("%s is used in %s only".formatted(library, List.of(rooms)))
                .allowEmptyShould(true);
    }

    /** Calls and method references alike: {@code System::nanoTime} is no way out. */
    private static DescribedPredicate<JavaAccess<?>> reaches(
            String what, java.util.function.Predicate<CodeUnitAccessTarget> test) {
        return describe(what, access -> access.getTarget() instanceof CodeUnitAccessTarget target && test.test(target));
    }

    private static boolean readsSystemTime(CodeUnitAccessTarget target) {
        return switch (target.getName()) {
            case "currentTimeMillis", "nanoTime" -> target.getOwner().isEquivalentTo(System.class);
            case "now" ->
                parameters(target) == 0
                        && isOneOf(
                                target,
                                Instant.class,
                                LocalDate.class,
                                LocalDateTime.class,
                                OffsetDateTime.class,
                                ZonedDateTime.class);
            case "systemUTC", "systemDefaultZone", "system" -> target.getOwner().isEquivalentTo(Clock.class);
            default -> false;
        };
    }

    private static boolean makesThread(CodeUnitAccessTarget target) {
        if (target instanceof AccessTarget.ConstructorCallTarget
                || target instanceof AccessTarget.ConstructorReferenceTarget) {
            return isOneOf(target, Thread.class, Timer.class);
        }
        return isOneOf(target, Executors.class)
                && (target.getName().startsWith("new") || target.getName().equals("defaultThreadFactory"))
                && target.getRawParameterTypes().stream().noneMatch(type -> type.isEquivalentTo(ThreadFactory.class));
    }

    private static boolean waitsForever(CodeUnitAccessTarget target) {
        return switch (target.getName()) {
            case "sleep" -> isOneOf(target, Thread.class);
            case "join" -> parameters(target) == 0 && isOneOf(target, Thread.class, CompletableFuture.class);
            case "get" -> parameters(target) == 0 && target.getOwner().isAssignableTo(Future.class);
            case "await" -> parameters(target) == 0 && isOneOf(target, CountDownLatch.class);
            default -> false;
        };
    }

    private static int parameters(CodeUnitAccessTarget target) {
        return target.getRawParameterTypes().size();
    }

    private static boolean isOneOf(CodeUnitAccessTarget target, Class<?>... owners) {
        return Stream.of(owners).anyMatch(target.getOwner()::isEquivalentTo);
    }

    /** Only what shows in the type: a static {@code List.of} and a static {@code ArrayList} behind List look alike. */
    private static DescribedPredicate<JavaClass> mutable() {
        return describe(
                "a type that changes",
                type -> Stream.of(
                                        AtomicBoolean.class,
                                        AtomicInteger.class,
                                        AtomicLong.class,
                                        AtomicReference.class,
                                        ThreadLocal.class,
                                        StringBuilder.class)
                                .anyMatch(type::isAssignableTo)
                        || (!type.isInterface()
                                && Stream.of(Collection.class, Map.class).anyMatch(type::isAssignableTo)));
    }

    private static ArchCondition<JavaClass> beInANullMarkedPackage() {
        return new ArchCondition<>("be in a @NullMarked package") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                boolean marked = type.getPackage().isAnnotatedWith("org.jspecify.annotations.NullMarked");
                events.add(new SimpleConditionEvent(
                        type, marked, "%s is in %s, not @NullMarked".formatted(type.getName(), type.getPackageName())));
            }
        };
    }

    private static final class ByPlugin implements SliceAssignment {
        @Override
        public SliceIdentifier getIdentifierOf(JavaClass type) {
            Matcher matcher = PLUGIN.matcher(type.getPackageName());
            return matcher.matches() ? SliceIdentifier.of(matcher.group(1)) : SliceIdentifier.ignore();
        }

        @Override
        public String getDescription() {
            return "plugins";
        }
    }
}
