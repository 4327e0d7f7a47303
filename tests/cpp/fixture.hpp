// What tests rendered by templates/array_ot/test.cpp.j2 stand on: a TEST macro, and the fixture that performs their
// statements on an implementation, here array_ot.hpp. To test another one, put its own behind the same fixture.
//
//     g++ -std=c++20 -I tests/cpp tests/cpp/*.cpp generated/ot2-cpp/*.cpp -o ot2 && ./ot2 [PART_OF_A_NAME]

#pragma once

#include "array_ot.hpp"

#include <source_location>

struct Test {
    Test(const char* name, void (*run)(), std::source_location place = std::source_location::current());

    const char* name;
    void (*run)();
    std::source_location place;
};

#define TEST(name)                                                                                                     \
    static void name();                                                                                                \
    static const Test registered_##name{#name, name};                                                                  \
    static void name()

class Fixture {
public:
    using Place = std::source_location; // of the statement that fails

    Fixture(int clients, array_ot::Array array);

    void transaction(int client, const array_ot::Operation& operation, Place place = Place::current());
    void sync_all_clients(Place place = Place::current());

    // The server and every client must have `expected`.
    void check_array(const array_ot::Array& expected, Place place = Place::current());
    // The client must have applied exactly these operations of the others, in this order.
    void check_ops(int client, const std::vector<array_ot::Operation>& expected, Place place = Place::current());

private:
    array_ot::Network m_network;
};
