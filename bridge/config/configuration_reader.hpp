// SPDX-License-Identifier: MIT
// A configuration file, key by key: values of the right form, and every problem with its place.
// docs/architecture.md 7.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "bridge/config/configuration.hpp"

namespace bridge {

/// Reads what is there into a target that holds the default; what cannot be taken is a problem and leaves it.
class ConfigurationReader {
public:
    explicit ConfigurationReader(const std::filesystem::path& file);
    ~ConfigurationReader();

    /// False, with a problem noted, when the file cannot be read or is no TOML.
    bool parse();
    /// After all has been read: every key of the file that none of the calls below has asked for is a
    /// problem.
    void refuseOthers();

    void readText(std::string_view key, std::string& target);
    void readPath(std::string_view key, std::filesystem::path& target);
    void readFlag(std::string_view key, bool& target);
    void readInteger(std::string_view key, int& target, int least, int greatest);
    void readNumber(std::string_view key, double& target, double least, double greatest);

    template <typename T>
    struct Choice {
        std::string_view name;
        T value;
    };
    template <typename T>
    void readChoice(std::string_view key, T& target, std::span<const Choice<T>> choices) {
        std::vector<std::string_view> names;
        for (const auto& choice : choices) names.push_back(choice.name);
        if (const auto index = readName(key, names)) target = choices[*index].value;
    }

    /// Calls back for each element of a list, with its place. False when the key is not there.
    using Element = std::variant<std::monostate, std::string, std::int64_t>; ///< monostate: something else
    bool readList(std::string_view key, std::string_view example,
                  const std::function<void(const std::string& place, const Element&)>& visit);
    /// Of a table with free names and numbers; the callback says what is wrong with an entry, or nothing.
    void readTable(std::string_view key,
                   const std::function<std::string(const std::string& name, double value)>& visit);

    [[nodiscard]] bool has(std::string_view key) const;
    /// "pump-bridge.toml:7", of the key's value; the file alone when it is not there.
    [[nodiscard]] std::string placeOf(std::string_view key) const;
    void problem(std::string place, std::string_view key, std::string text);
    void warning(std::string place, std::string_view key, std::string text);

    std::vector<ConfigurationProblem> problems;
    std::vector<ConfigurationProblem> warnings;

private:
    std::optional<std::size_t> readName(std::string_view key, std::span<const std::string_view> names);

    struct Table; ///< keeps toml++ out of here
    std::filesystem::path file_;
    std::unique_ptr<Table> table_;
    std::set<std::string, std::less<>> asked_; ///< keys, whether they were there or not
};

} // namespace bridge
