#include "array_ot.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace array_ot {
namespace {

// ---- What operations do

void expect(bool fits)
{
    if (!fits)
        throw std::logic_error("bad merge: an operation does not fit the array it is applied to");
}

bool is_index(int ndx, const Array& array)
{
    return 0 <= ndx && ndx < int(array.size());
}

void apply_to(Array& array, const Set& set)
{
    expect(is_index(set.ndx, array));
    array[set.ndx] = set.value;
}

void apply_to(Array& array, const Insert& insert)
{
    expect(insert.ndx == int(array.size()) || is_index(insert.ndx, array));
    array.insert(array.begin() + insert.ndx, insert.value);
}

void apply_to(Array& array, const Move& move)
{
    expect(is_index(move.from_ndx, array) && is_index(move.to_ndx, array) && move.from_ndx != move.to_ndx);
    int value = array[move.from_ndx];
    array.erase(array.begin() + move.from_ndx);
    array.insert(array.begin() + move.to_ndx, value);
}

void apply_to(Array& array, const Erase& erase)
{
    expect(is_index(erase.ndx, array));
    array.erase(array.begin() + erase.ndx);
}

void apply_to(Array& array, const Clear&)
{
    array.clear();
}

template <class Kind>
constexpr bool is_sized = requires(Kind operation) { operation.prior_size; };

void apply(Array& array, const Operation& operation)
{
    std::visit(
        [&]<class Kind>(const Kind& op) {
            if constexpr (is_sized<Kind>)
                expect(op.prior_size == int(array.size()));
            apply_to(array, op);
        },
        operation);
}

// ---- Merge rules
//
// Two operations meet that were made on the same array, and each is changed so that it can follow the other. Steps of a
// rule are sequential: later ones use indices that earlier ones have changed.

template <class Kind>
struct Party {
    Kind op;
    int client;
    bool is_dropped = false;
};

template <class Left, class Right>
bool is_newer(const Party<Left>& left, const Party<Right>& right)
{
    return left.client > right.client;
}

template <class Kind>
Party<Kind>& newer(Party<Kind>& left, Party<Kind>& right)
{
    return is_newer(left, right) ? left : right;
}

template <class Kind>
Party<Kind>& older(Party<Kind>& left, Party<Kind>& right)
{
    return is_newer(left, right) ? right : left;
}

void drop_if_still(Party<Move>& move)
{
    if (move.op.from_ndx == move.op.to_ndx)
        move.is_dropped = true;
}

void merge(Party<Set>& left, Party<Set>& right)
{
    if (left.op.ndx == right.op.ndx)
        older(left, right).is_dropped = true;
}

void merge(Party<Insert>& insert, Party<Set>& set)
{
    if (set.op.ndx >= insert.op.ndx)
        ++set.op.ndx;
    ++set.op.prior_size;
}

void merge(Party<Move>& move, Party<Set>& set)
{
    int& ndx = set.op.ndx;
    if (ndx == move.op.from_ndx) {
        ndx = move.op.to_ndx;
        return;
    }
    if (ndx > move.op.from_ndx)
        --ndx;
    if (ndx >= move.op.to_ndx)
        ++ndx;
}

void merge(Party<Erase>& erase, Party<Set>& set)
{
    if (set.op.ndx == erase.op.ndx)
        set.is_dropped = true;
    else if (set.op.ndx > erase.op.ndx)
        --set.op.ndx;
    --set.op.prior_size;
}

void merge(Party<Insert>& left, Party<Insert>& right)
{
    if (left.op.ndx == right.op.ndx)
        ++newer(left, right).op.ndx;
    else
        ++(left.op.ndx > right.op.ndx ? left : right).op.ndx;
    ++left.op.prior_size;
    ++right.op.prior_size;
}

void merge(Party<Move>& move, Party<Insert>& insert)
{
    int &from = move.op.from_ndx, &to = move.op.to_ndx, &ndx = insert.op.ndx;
    ndx > from ? --ndx : ++from;
    if (ndx == to) // unlike in other ties the newer comes first
        ++(is_newer(move, insert) ? ndx : to);
    else
        ++(ndx < to ? to : ndx);
    ++move.op.prior_size;
}

void merge(Party<Erase>& erase, Party<Insert>& insert)
{
    insert.op.ndx <= erase.op.ndx ? ++erase.op.ndx : --insert.op.ndx;
    ++erase.op.prior_size;
    --insert.op.prior_size;
}

void merge(Party<Move>& left, Party<Move>& right)
{
    if (left.op.from_ndx == right.op.from_ndx) {
        newer(left, right).op.from_ndx = older(left, right).op.to_ndx;
        older(left, right).is_dropped = true;
        drop_if_still(newer(left, right));
        return;
    }
    int &f = left.op.from_ndx, &t = left.op.to_ndx, &g = right.op.from_ndx, &u = right.op.to_ndx;
    --(f > g ? f : g);
    t > g ? --t : ++g;
    f < u ? --u : ++f;
    if (t == u)
        ++newer(left, right).op.to_ndx;
    else
        ++(t < u ? u : t);
    drop_if_still(left);
    drop_if_still(right);
}

void merge(Party<Erase>& erase, Party<Move>& move)
{
    int &ndx = erase.op.ndx, &from = move.op.from_ndx, &to = move.op.to_ndx;
    if (ndx == from) {
        ndx = to;
        move.is_dropped = true;
        return;
    }
    --(ndx > from ? ndx : from);
    ndx >= to ? ++ndx : --to;
    --move.op.prior_size;
    drop_if_still(move);
}

void merge(Party<Erase>& left, Party<Erase>& right)
{
    if (left.op.ndx == right.op.ndx)
        left.is_dropped = right.is_dropped = true;
    else
        --(left.op.ndx > right.op.ndx ? left : right).op.ndx;
    --left.op.prior_size;
    --right.op.prior_size;
}

template <class Kind>
void merge(Party<Clear>&, Party<Kind>& other)
{
    other.is_dropped = true;
}

void merge(Party<Clear>& left, Party<Clear>& right)
{
    older(left, right).is_dropped = true;
}

// A pair of kinds has one rule: the one above, whichever of the two is on the left.
template <class Left, class Right>
constexpr bool has_rule = requires(Party<Left>& left, Party<Right>& right) { merge(left, right); };

void merge(Entry& ours, Entry& theirs)
{
    std::visit(
        [&]<class Ours, class Theirs>(Ours& our_op, Theirs& their_op) {
            Party<Ours> left{our_op, ours.client};
            Party<Theirs> right{their_op, theirs.client};
            if constexpr (has_rule<Ours, Theirs>)
                merge(left, right);
            else
                merge(right, left);
            our_op = left.op;
            their_op = right.op;
            ours.is_dropped = left.is_dropped;
            theirs.is_dropped = right.is_dropped;
        },
        ours.operation, theirs.operation);
}

} // namespace

// ---- Logs, clients and server

void merge_logs(Log& ours, Log& theirs)
{
    for (Entry& our : ours) {
        for (Entry& their : theirs) {
            if (!our.is_dropped && !their.is_dropped)
                merge(our, their);
        }
    }
    auto is_dropped = [](const Entry& entry) { return entry.is_dropped; };
    std::erase_if(ours, is_dropped);
    std::erase_if(theirs, is_dropped);
}

Network::Network(int clients, Array array)
    : m_array(array)
    , m_clients(clients)
{
    for (Client& client : m_clients)
        client.array = array;
}

void Network::perform(int number, Operation operation)
{
    Client& client = this->client(number);
    std::visit(
        [&]<class Kind>(Kind& op) {
            if constexpr (is_sized<Kind>)
                op.prior_size = int(client.array.size());
        },
        operation);
    apply(client.array, operation);
    client.performed.push_back({operation, number});
}

// The server merges what a client has performed with all that the client did not know then.
void Network::upload(int number)
{
    Client& client = this->client(number);
    client.n_before_upload = int(m_log.size());
    Log unknown(m_log.begin() + client.n_downloaded, m_log.end());
    Log incoming = client.uploaded = std::exchange(client.performed, {});
    merge_logs(unknown, incoming);
    for (Entry& entry : incoming) {
        apply(m_array, entry.operation);
        m_log.push_back(entry);
    }
}

// The client merges what came before its upload with what it had performed; what came later counts on that already.
void Network::download(int number)
{
    Client& client = this->client(number);
    auto uploaded_at = m_log.begin() + std::max(client.n_before_upload, client.n_downloaded);
    Log incoming(m_log.begin() + client.n_downloaded, uploaded_at);
    merge_logs(client.uploaded, incoming);
    std::copy_if(uploaded_at, m_log.end(), std::back_inserter(incoming),
                 [&](const Entry& entry) { return entry.client != number; });
    for (Entry& entry : incoming) {
        apply(client.array, entry.operation);
        client.applied.push_back(entry);
    }
    client.uploaded.clear();
    client.n_downloaded = int(m_log.size());
}

} // namespace array_ot
