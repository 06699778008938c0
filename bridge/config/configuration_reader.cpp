// SPDX-License-Identifier: MIT
#include "bridge/config/configuration_reader.hpp"

#include <toml++/toml.h>

#include <algorithm>

#include "bridge/config/secret_files.hpp"

namespace bridge {

namespace fs = std::filesystem;

struct ConfigurationReader::Table {
    toml::table root;

    [[nodiscard]] const toml::node* find(std::string_view key) const { return root.at_path(key).node(); }
    const toml::node* ask(std::string_view key, std::set<std::string, std::less<>>& asked) const {
        asked.emplace(key);
        return find(key);
    }
};

namespace {

/// Insertions, removals and replacements that lead from one text to the other.
std::size_t editDistance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> row(to.size() + 1);
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = i;
    for (std::size_t i = 0; i < from.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < to.size(); ++j) {
            const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

/// The key or section that was probably meant: alike as a whole, or in its last part.
std::string suggestion(std::string_view key, const std::set<std::string, std::less<>>& names) {
    const auto lastPart = [](std::string_view text) { return text.substr(text.rfind('.') + 1); };
    std::string_view best;
    std::size_t least = 4; // further away is another word
    for (const std::string_view known : names) {
        const std::size_t distance =
            std::min(editDistance(key, known), editDistance(lastPart(key), lastPart(known)) + 1);
        if (distance < least) {
            least = distance;
            best = known;
        }
    }
    return best.empty() ? "" : "; did you mean " + std::string(best) + "?";
}

std::string placeOfNode(const fs::path& file, const toml::node* node) {
    const std::string name = file.filename().string();
    return node == nullptr ? name : name + ":" + std::to_string(node->source().begin.line);
}

/// Decimal text without superfluous zeros.
std::string toText(double number) {
    std::string text = std::to_string(number);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

} // namespace

ConfigurationReader::ConfigurationReader(const fs::path& file)
    : file_(file), table_(std::make_unique<Table>()) {}

ConfigurationReader::~ConfigurationReader() = default;

bool ConfigurationReader::parse() {
    std::string text;
    if (const auto error = readWhole(file_, text)) {
        problem(file_.string(), "",
                *error + "; copy the example configuration there, or name the file with --config");
        return false;
    }
    try {
        table_->root = toml::parse(text, file_.string());
    } catch (const toml::parse_error& error) {
        problem(file_.filename().string() + ":" + std::to_string(error.source().begin.line), "",
                std::string(error.description()));
        return false;
    }
    return true;
}

void ConfigurationReader::refuseOthers() {
    std::set<std::string, std::less<>> names = asked_;
    for (const std::string& key : asked_) {
        for (auto dot = key.find('.'); dot != std::string::npos; dot = key.find('.', dot + 1))
            names.insert(key.substr(0, dot));
    }
    const auto refuse = [&](const auto& self, const toml::table& table, const std::string& section) -> void {
        for (const auto& [key, node] : table) {
            const std::string name = section + std::string(key.str());
            if (asked_.contains(name)) continue;
            if (!names.contains(name)) {
                problem(placeOfNode(file_, &node), name, "unknown key" + suggestion(name, names));
            } else if (const auto* inner = node.as_table()) {
                self(self, *inner, name + ".");
            } else {
                problem(placeOfNode(file_, &node), name, "is a section: write [" + name + "]");
            }
        }
    };
    refuse(refuse, table_->root, "");
}

bool ConfigurationReader::has(std::string_view key) const {
    return table_->find(key) != nullptr;
}

std::string ConfigurationReader::placeOf(std::string_view key) const {
    return placeOfNode(file_, table_->find(key));
}

void ConfigurationReader::problem(std::string place, std::string_view key, std::string text) {
    problems.push_back({std::move(place), std::string(key), std::move(text)});
}

void ConfigurationReader::warning(std::string place, std::string_view key, std::string text) {
    warnings.push_back({std::move(place), std::string(key), std::move(text)});
}

void ConfigurationReader::readText(std::string_view key, std::string& target) {
    const toml::node* node = table_->ask(key, asked_);
    if (node == nullptr) return;
    if (const auto* text = node->as_string()) {
        target = text->get();
    } else {
        problem(placeOf(key), key, "must be text in quotes");
    }
}

void ConfigurationReader::readPath(std::string_view key, fs::path& target) {
    std::string text = target.string();
    readText(key, text);
    target = text;
}

void ConfigurationReader::readFlag(std::string_view key, bool& target) {
    const toml::node* node = table_->ask(key, asked_);
    if (node == nullptr) return;
    if (const auto* flag = node->as_boolean()) {
        target = flag->get();
    } else {
        problem(placeOf(key), key, "must be true or false");
    }
}

void ConfigurationReader::readInteger(std::string_view key, int& target, int least, int greatest) {
    const toml::node* node = table_->ask(key, asked_);
    if (node == nullptr) return;
    const auto* number = node->as_integer();
    if (number != nullptr && number->get() >= least && number->get() <= greatest) {
        target = static_cast<int>(number->get());
    } else {
        problem(placeOf(key), key,
                "must be a whole number from " + std::to_string(least) + " to " + std::to_string(greatest));
    }
}

void ConfigurationReader::readNumber(std::string_view key, double& target, double least, double greatest) {
    const toml::node* node = table_->ask(key, asked_);
    if (node == nullptr) return;
    const auto number = node->value<double>();
    if (node->is_number() && *number >= least && *number <= greatest) {
        target = *number;
    } else {
        problem(placeOf(key), key, "must be a number from " + toText(least) + " to " + toText(greatest));
    }
}

std::optional<std::size_t> ConfigurationReader::readName(std::string_view key,
                                                         std::span<const std::string_view> names) {
    const toml::node* node = table_->ask(key, asked_);
    if (node == nullptr) return std::nullopt;
    if (const auto* text = node->as_string()) {
        const auto found = std::ranges::find(names, std::string_view(text->get()));
        if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
    }
    std::string list;
    for (const std::string_view name : names) {
        list += (list.empty() ? "" : ", ") + ('"' + std::string(name) + '"');
    }
    problem(placeOf(key), key, "must be one of " + list);
    return std::nullopt;
}

bool ConfigurationReader::readList(
    std::string_view key, std::string_view example,
    const std::function<void(const std::string& place, const Element&)>& visit) {
    const toml::node* node = table_->ask(key, asked_);
    if (node == nullptr) return false;
    const toml::array* list = node->as_array();
    if (list == nullptr) {
        problem(placeOf(key), key, "must be a list, such as " + std::string(example));
        return false;
    }
    for (const toml::node& element : *list) {
        Element value;
        if (const auto* text = element.as_string()) value = text->get();
        if (const auto* number = element.as_integer()) value = number->get();
        visit(placeOfNode(file_, &element), value);
    }
    return true;
}

void ConfigurationReader::readTable(
    std::string_view key, const std::function<std::string(const std::string& name, double value)>& visit) {
    const toml::node* node = table_->ask(key, asked_);
    if (node == nullptr) return;
    const toml::table* table = node->as_table();
    if (table == nullptr) {
        problem(placeOf(key), key, "must be a table, such as { \"00:00\" = 1.0 }");
        return;
    }
    for (const auto& [name, value] : *table) {
        std::string wrong = "must be a number";
        if (value.is_number()) wrong = visit(std::string(name.str()), *value.value<double>());
        if (!wrong.empty()) {
            problem(placeOfNode(file_, &value), std::string(key) + "." + std::string(name.str()), wrong);
        }
    }
}

} // namespace bridge
