#include "fixture.hpp"

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

using namespace array_ot;

namespace {

std::vector<const Test*>& tests()
{
    static std::vector<const Test*> registered;
    return registered;
}

// The statement that is being carried out: where a test failed, if it did.
std::source_location reached;

std::string shown(int number)
{
    return std::to_string(number);
}

std::string shown(const Operation& operation)
{
    auto sized = [](std::string head, int prior_size) {
        return head + ", .prior_size = " + shown(prior_size) + "}";
    };
    if (auto* set = std::get_if<Set>(&operation))
        return sized("Set{.ndx = " + shown(set->ndx) + ", .value = " + shown(set->value), set->prior_size);
    if (auto* insert = std::get_if<Insert>(&operation))
        return sized("Insert{.ndx = " + shown(insert->ndx) + ", .value = " + shown(insert->value), insert->prior_size);
    if (auto* move = std::get_if<Move>(&operation))
        return sized("Move{.from_ndx = " + shown(move->from_ndx) + ", .to_ndx = " + shown(move->to_ndx),
                     move->prior_size);
    if (auto* erase = std::get_if<Erase>(&operation))
        return sized("Erase{.ndx = " + shown(erase->ndx), erase->prior_size);
    return "Clear{}";
}

template <class Item>
std::string shown(const std::vector<Item>& items)
{
    std::string text;
    for (const Item& item : items)
        text += (text.empty() ? "" : ", ") + shown(item);
    return "{" + text + "}";
}

template <class Items>
void expect(const std::string& subject, const Items& expected, const Items& observed)
{
    if (expected != observed)
        throw std::runtime_error(subject + ": expected " + shown(expected) + ", observed " + shown(observed));
}

} // namespace

Test::Test(const char* name, void (*run)(), std::source_location place)
    : name(name)
    , run(run)
    , place(place)
{
    tests().push_back(this);
}

Fixture::Fixture(int clients, Array array)
    : m_network(clients, array)
{
}

void Fixture::transaction(int client, const Operation& operation, Place place)
{
    reached = place;
    m_network.perform(client, operation);
}

void Fixture::sync_all_clients(Place place)
{
    reached = place;
    int n_clients = int(m_network.clients().size());
    for (int client = 1; client <= n_clients; ++client)
        m_network.upload(client);
    for (int client = 1; client <= n_clients; ++client)
        m_network.download(client);
}

void Fixture::check_array(const Array& expected, Place place)
{
    reached = place;
    expect("the server's array", expected, m_network.server_array());
    for (int client = 1; client <= int(m_network.clients().size()); ++client)
        expect("the array of client " + shown(client), expected, m_network.client(client).array);
}

void Fixture::check_ops(int client, const std::vector<Operation>& expected, Place place)
{
    reached = place;
    std::vector<Operation> observed;
    for (const Entry& entry : m_network.client(client).applied)
        observed.push_back(entry.operation);
    expect("the operations of others that client " + shown(client) + " applied", expected, observed);
}

int main(int argc, char* argv[])
{
    std::string part = argc > 1 ? argv[1] : "";
    int n_passed = 0, n_failed = 0;
    for (const Test* test : tests()) {
        if (std::string(test->name).find(part) == std::string::npos)
            continue;
        reached = test->place;
        try {
            test->run();
            ++n_passed;
        } catch (const std::exception& error) {
            ++n_failed;
            std::printf("%s:%u: %s\n    %s\n", reached.file_name(), reached.line(), test->name, error.what());
        }
    }
    if (n_failed)
        std::printf("%d failed, ", n_failed);
    std::printf("%d passed\n", n_passed);
    if (n_passed + n_failed == 0) // nothing was tested, which is no success
        return 2;
    return n_failed ? 1 : 0;
}
