// Operational transformation of an array, in plain C++: a second system under test, written from the merge rules and
// neither from the specification nor from testgen/ot.

#pragma once

#include <variant>
#include <vector>

namespace array_ot {

using Array = std::vector<int>;

// The length of the array just before an operation is its `prior_size`; whoever performs one need not say it.
struct Set {
    int ndx = 0, value = 0, prior_size = 0;
    bool operator==(const Set&) const = default;
};
struct Insert {
    int ndx = 0, value = 0, prior_size = 0;
    bool operator==(const Insert&) const = default;
};
struct Move {
    int from_ndx = 0, to_ndx = 0, prior_size = 0;
    bool operator==(const Move&) const = default;
};
struct Erase {
    int ndx = 0, prior_size = 0;
    bool operator==(const Erase&) const = default;
};
struct Clear {
    bool operator==(const Clear&) const = default;
};
using Operation = std::variant<Set, Insert, Move, Erase, Clear>;

// An operation and the client that performed it; of two clients the higher number is the newer.
struct Entry {
    Operation operation;
    int client;
    bool is_dropped = false;
};
using Log = std::vector<Entry>;

// Transform two logs that start from the same array: `theirs` is then to be applied after `ours`, and the reverse.
void merge_logs(Log& ours, Log& theirs);

struct Client {
    Array array;
    Log performed;           // what the server has not seen yet
    Log uploaded;            // what it has seen, and this client not heard of since
    Log applied;             // what others did, as it was applied here
    int n_downloaded = 0;    // how much of the server's log this client knows
    int n_before_upload = 0; // how much of it there was when this client uploaded
};

// Clients, numbered from 1, and a server.
class Network {
public:
    Network(int clients, Array array);

    void perform(int client, Operation operation);
    void upload(int client);
    void download(int client);

    const Array& server_array() const { return m_array; }
    const std::vector<Client>& clients() const { return m_clients; }
    Client& client(int number) { return m_clients.at(number - 1); }

private:
    Array m_array;
    Log m_log;
    std::vector<Client> m_clients;
};

} // namespace array_ot
