package io.eventmesh.common.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CallableAddressesTest {
    private static final CallableAddresses PUBLIC = new CallableAddresses(false, List.of());

    private static InetAddress address(String text) {
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException notAnAddress) {
            throw new IllegalArgumentException(text, notAnAddress);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "8.8.8.8",
                "1.1.1.1",
                "9.255.255.255",
                "11.0.0.0",
                "100.63.255.255",
                "100.128.0.0",
                "172.15.255.255",
                "172.32.0.0",
                "169.253.0.1",
                "192.167.1.1",
                "192.169.0.0",
                "223.255.255.255",
                "2606:4700:4700::1111",
                "2a00:1450::1",
                "64:ff9b::808:808",
                "2002:808:808::1"
            })
    void publicAddressesAreCalled(String text) {
        assertThat(PUBLIC.refusal(address(text))).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, loopback",
        "127.255.255.254, loopback",
        "::1, loopback",
        "::ffff:127.0.0.1, loopback",
        "::7f00:1, loopback",
        "64:ff9b::7f00:1, loopback",
        "2002:7f00:1::, loopback",
        "0.0.0.0, of this network",
        "::, of this network",
        "10.0.0.1, private",
        "10.255.255.255, private",
        "172.16.0.1, private",
        "172.31.255.255, private",
        "192.168.1.1, private",
        "::ffff:10.1.2.3, private",
        "64:ff9b::a01:203, private",
        "2002:c0a8:101::1, private",
        "fc00::1, private",
        "fd00:ec2::254, private",
        "fec0::1, private",
        "169.254.169.254, link-local",
        "::ffff:169.254.169.254, link-local",
        "64:ff9b::a9fe:a9fe, link-local",
        "2002:a9fe:a9fe::, link-local",
        "fe80::1, link-local",
        "100.64.0.1, carrier",
        "100.100.100.200, carrier",
        "192.0.0.192, reserved",
        "192.0.2.1, reserved",
        "198.18.0.1, reserved",
        "198.19.255.255, reserved",
        "198.51.100.1, reserved",
        "203.0.113.1, reserved",
        "240.0.0.1, reserved",
        "255.255.255.255, reserved",
        "2001::1, reserved",
        "2001:db8::1, reserved",
        "100::1, reserved",
        "224.0.0.1, multicast",
        "239.255.255.255, multicast",
        "ff02::1, multicast"
    })
    void whatIsNotPublicIsNot(String text, String why) {
        assertThat(PUBLIC.refusal(address(text))).contains(why);
    }

    @Test
    void loopbackIsCalledWhereThatIsTheProcesssOwnWorld() {
        CallableAddresses own = new CallableAddresses(true, List.of());

        assertThat(own.refusal(address("127.0.0.1"))).isNull();
        assertThat(own.refusal(address("::1"))).isNull();
        assertThat(own.refusal(address("10.0.0.1"))).contains("private");
    }

    @Test
    void whatAnOperatorAllowsIsCalledAndNothingBesideIt() {
        CallableAddresses some = new CallableAddresses(
                false,
                List.of(AddressRange.of("10.20.0.0/15"), AddressRange.of("fd12::/16"), AddressRange.of("127.0.0.1")));

        assertThat(some.refusal(address("10.20.0.1"))).isNull();
        assertThat(some.refusal(address("10.21.255.255"))).isNull();
        assertThat(some.refusal(address("::ffff:10.20.0.1"))).isNull();
        assertThat(some.refusal(address("64:ff9b::a14:1"))).isNull();
        assertThat(some.refusal(address("fd12::9"))).isNull();
        assertThat(some.refusal(address("127.0.0.1"))).isNull();
        assertThat(some.refusal(address("10.22.0.0"))).contains("private");
        assertThat(some.refusal(address("127.0.0.2"))).contains("loopback");
        assertThat(some.refusal(address("fd13::9"))).contains("private");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "localhost",
                "10.0.0.0/33",
                "10.0.0.0/-1",
                "10.0.0.0/",
                "10/8",
                "::/129",
                "a.b",
                "1.2.3.400",
                "/8"
            })
    void whatIsNoRangeIsRefused(String text) {
        assertThatThrownBy(() -> AddressRange.of(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected: an address or range");
    }
}
